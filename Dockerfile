# The program alone, for docker-compose.yml or any PostgreSQL of one's own.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# Static, so that the final image needs nothing but the program.
RUN CGO_ENABLED=0 go build -buildvcs=false -trimpath -ldflags=-s -o /learningcity ./cmd/learningcity

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /learningcity /learningcity
ENV LEARNINGCITY_ADDR=0.0.0.0:8080
EXPOSE 8080
USER nonroot
ENTRYPOINT ["/learningcity"]
CMD ["serve"]
