# The program alone, for docker-compose.yml or any PostgreSQL of one's own.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# Static, so that the final image needs nothing but the program.
RUN CGO_ENABLED=0 go build -buildvcs=false -trimpath -ldflags=-s -o /learningcity ./cmd/learningcity

FROM scratch
COPY --from=build /learningcity /learningcity
ENV LEARNINGCITY_ADDR=0.0.0.0:8080
EXPOSE 8080
# No name is known in an empty image; this is nobody.
USER 65534:65534
ENTRYPOINT ["/learningcity"]
CMD ["serve"]
