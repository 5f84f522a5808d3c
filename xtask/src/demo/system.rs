//! Emulator, service and gateway as processes of this machine.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::addresses::{fixed, free_or_chosen};
use super::bootstrap::{self, Bootstrap};
use super::gateway::Gateway;
use super::program::{self, Program};
use crate::{build, envoy, workspace};

/// Ports of this machine; one that is not given is one that is free.
#[derive(clap::Args, Default)]
pub(crate) struct Ports {
    /// Port of the gateway
    #[arg(long, value_name = "PORT")]
    gateway_port: Option<u16>,
    /// Port of the Entra emulator
    #[arg(long, value_name = "PORT")]
    emulator_port: Option<u16>,
    /// Port of the Entra emulator for HTTPS
    #[arg(long, value_name = "PORT")]
    emulator_https_port: Option<u16>,
    /// Port of the NumberConversion service
    #[arg(long, value_name = "PORT")]
    backend_port: Option<u16>,
    /// Port of Envoy's administration interface
    #[arg(long, value_name = "PORT")]
    admin_port: Option<u16>,
}

/// All three, as `docker compose` runs them, at other addresses. Ended when dropped.
pub(crate) struct System {
    pub(crate) gateway: Gateway,
    pub(crate) emulator: Program,
    pub(crate) backend: Program,
    /// The emulator for clients that insist on HTTPS, as its issuers begin.
    pub(crate) emulator_https: String,
    /// What such clients have to trust.
    pub(crate) ca_file: PathBuf,
    /// Logs and all else that was written.
    pub(crate) folder: PathBuf,
}

impl System {
    /// Builds and starts all; what they write goes to a folder of this name in the target directory.
    ///
    /// # Errors
    ///
    /// When something cannot be built or started.
    pub(crate) fn start(ports: &Ports, folder: &str) -> Result<Self> {
        let gateway_address = free_or_chosen(ports.gateway_port, "--gateway-port")?;
        let emulator_address = free_or_chosen(ports.emulator_port, "--emulator-port")?;
        let https_address = fixed(free_or_chosen(
            ports.emulator_https_port,
            "--emulator-https-port",
        )?)?;
        let backend_address = free_or_chosen(ports.backend_port, "--backend-port")?;
        let admin_address = free_or_chosen(ports.admin_port, "--admin-port")?;

        let envoy = envoy::ensure()?;
        let module = build::module()?;
        let programs = program::build(&["entra-emulator", "number-conversion"])?;
        let folder = workspace::target_dir()?.join(folder);
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;

        let bootstrap = Bootstrap::read(&workspace::root().join("envoy/envoy.yaml"))?;
        let ca_file = folder.join("ca.pem");
        let emulator_https = format!("https://localhost:{}", https_address.port());
        let emulator = Program::start(
            programs.get("entra-emulator")?,
            &[
                "--http",
                &emulator_address.to_string(),
                "--https",
                &https_address.to_string(),
                "--tls-name",
                bootstrap.emulator_name()?,
                "--ca-file",
                text(&ca_file)?,
                // Tokens that were fetched without TLS have the same issuer.
                "--issuer-base",
                &emulator_https,
            ],
            &folder,
        )?;
        let backend = Program::start(
            programs.get("number-conversion")?,
            &["--listen", &backend_address.to_string()],
            &folder,
        )?;
        let document = bootstrap.at(&bootstrap::Addresses {
            gateway: gateway_address,
            admin: admin_address,
            entra: https_address,
            entra_endpoint: emulator_https.clone(),
            entra_ca: ca_file.clone(),
            backend: backend.address(),
            module,
        })?;
        Ok(Self {
            gateway: Gateway::start(&envoy, &document, &folder)?,
            emulator,
            backend,
            emulator_https,
            ca_file,
            folder,
        })
    }

    /// The emulator for clients that do without TLS.
    pub(crate) fn emulator_http(&self) -> SocketAddr {
        self.emulator.address()
    }

    /// # Errors
    ///
    /// When one of them has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        self.gateway.check()?;
        self.emulator.check()?;
        self.backend.check()
    }
}

fn text(path: &Path) -> Result<&str> {
    path.to_str()
        .with_context(|| format!("{} is no UTF-8", path.display()))
}
