# The program in an image of its own, without a shell, and not as root:
#
#     docker build --tag file-manager .
#
# Everything embedded is in the volume /data; nothing else of the image is ever written (`--read-only --tmpfs /tmp`).
# deploy/compose.yml runs it with PostgreSQL, Redis and an S3 server.

# What dependencies are built from: the manifests, and an empty source for each crate. While they stay the same, so does the copy of
# them below, and the layer that holds the built dependencies is taken from the cache.
FROM rust:1.95-slim-bookworm AS manifests
WORKDIR /src
COPY . .
RUN find . -type f ! -name Cargo.toml ! -name Cargo.lock ! -path './.cargo/*' ! -path '*/benches/*' -delete \
    && for folder in $(find . -mindepth 2 -name Cargo.toml -exec dirname {} \;); do \
        mkdir -p "$folder/src" && : >"$folder/src/lib.rs" && echo 'fn main() {}' >"$folder/src/main.rs"; \
    done

FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY --from=manifests /src .
RUN cargo build --release --locked --package fm-app
COPY . .
# Cargo goes by the times of files, and what is copied may be older than the empty sources that were built.
RUN find . -name '*.rs' -exec touch {} + \
    && cargo build --release --locked --package fm-app \
    && mkdir /data

# Debian's C library, certificates and time zones, and nothing else.
FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="file-manager" \
      org.opencontainers.image.description="File Manager API: accounts, uploads, thumbnails and signed downloads over HTTP"
COPY --from=build /src/target/release/file-manager /usr/local/bin/file-manager
COPY --from=build --chown=65532:65532 /data /data
# A configuration may be mounted here: .env, config/default.toml.
WORKDIR /etc/file-manager
ENV HOST=0.0.0.0 PORT=8080 DATA_DIR=/data LOG_FORMAT=json
VOLUME /data
EXPOSE 8080
USER 65532:65532
# Requests have SHUTDOWN_GRACE_SECONDS (30) to end, uploads and jobs as long after them: `docker stop --time 75`.
STOPSIGNAL SIGTERM
# Whether it serves. Where a store is down it must not be killed for it: ask `file-manager health` whether it is ready.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["/usr/local/bin/file-manager", "health", "--live"]
ENTRYPOINT ["/usr/local/bin/file-manager"]
CMD ["serve"]
