# The filter in Envoy and the two demo services, for docker-compose.yml. Needs no tool but Docker, and is good for BuildKit
# and the classic builder alike: no cache mounts, no heredocs, no `COPY --chmod`.

FROM rust:1.95.0-slim-bookworm AS source
# The image's own toolchain as it is; rustup would otherwise fetch all that `rust-toolchain.toml` lists for developers.
ENV RUSTUP_TOOLCHAIN=1.95.0 RUSTUP_AUTO_INSTALL=0
RUN rustup target list --installed | grep -qx wasm32-wasip1 || rustup target add wasm32-wasip1
WORKDIR /source
# All members of the workspace, as Cargo reads each one's manifest, and nothing of envoy/: a changed policy compiles nothing.
COPY Cargo.toml Cargo.lock rust-toolchain.toml ./
COPY .cargo .cargo
COPY src src
COPY crates crates
COPY demo demo
COPY tests tests
COPY xtask xtask

FROM source AS module
RUN cargo xtask build

FROM source AS services
# Static programs need no base image. Without the filter's fat link-time optimisation they are there in half the time.
RUN host=$(rustc -vV | sed -n 's/^host: //p') \
 && export RUSTFLAGS='-C target-feature=+crt-static' \
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
 && cargo build --release --target "$host" --package entra-emulator --package number-conversion \
 && mkdir -p /out/state /out/ca \
 && mv "target/$host/release/entra-emulator" "target/$host/release/number-conversion" /out/

# The user of all three containers. It has no entry in /etc/passwd and owns nothing but the emulator's two folders.
FROM scratch AS entra-emulator
COPY --from=services /out/entra-emulator /entra-emulator
# New volumes begin as copies of these folders, owner included.
COPY --from=services --chown=65532:65532 /out/state /var/lib/entra-emulator
COPY --from=services --chown=65532:65532 /out/ca /var/lib/entra-emulator-ca
USER 65532:65532
ENTRYPOINT ["/entra-emulator"]

FROM scratch AS number-conversion
COPY --from=services /out/number-conversion /number-conversion
USER 65532:65532
ENTRYPOINT ["/number-conversion"]

FROM source AS configuration
COPY envoy/envoy.yaml envoy/entra.yaml /out/
# Files keep their modes on the way into an image, and a checkout may be its owner's alone to read.
RUN chmod 0644 /out/*.yaml

FROM envoyproxy/envoy:v1.40.0 AS gateway
COPY --from=module /source/dist/validate_jwt.wasm /etc/envoy/validate_jwt.wasm
COPY --from=configuration /out/ /etc/envoy/
USER 65532:65532
# Not the image's own entry point, which is for containers that start as root.
ENTRYPOINT ["/usr/local/bin/envoy"]
CMD ["--config-path", "/etc/envoy/envoy.yaml"]
