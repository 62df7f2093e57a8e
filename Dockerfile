# The program alone, for docker-compose.yml or any PostgreSQL of one's own.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# Static, so that the final image needs nothing but the program.
RUN CGO_ENABLED=0 go build -buildvcs=false -trimpath -ldflags=-s -o /learningcity ./cmd/learningcity && mkdir /empty

FROM scratch
COPY --from=build /learningcity /learningcity
# What the program keeps outside the database; a new volume takes the owner over.
COPY --from=build --chown=65534:65534 /empty /data
ENV LEARNINGCITY_ADDR=0.0.0.0:8080 LEARNINGCITY_DATA_DIR=/data
EXPOSE 8080
# No name is known in an empty image; this is nobody.
USER 65534:65534
ENTRYPOINT ["/learningcity"]
CMD ["serve"]
