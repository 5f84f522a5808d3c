//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

mod envoy;
mod explain;

pub use envoy::{Address, EnvoyArguments, Kind};
pub use explain::{At, ExplainArguments};

/// Check, explain and import configurations of the validate-jwt filter for Envoy.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "validate-jwt",
    version,
    propagate_version = true,
    disable_help_subcommand = true
)]
#[command(
    after_help = "Exit status: 0 all is well; 1 errors in a document, a refused request or something that could not be imported; 2 a wrong command line, or a file that cannot be read."
)]
pub struct Arguments {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Check configuration documents and the files that carry them
    Check(CheckArguments),
    /// Explain a token, and what a configuration decides about it
    Explain(Box<ExplainArguments>),
    /// Convert Azure API Management policies into a configuration document
    Import(ImportArguments),
    /// Write an Envoy bootstrap, or a Kubernetes resource, for a configuration document
    Envoy(EnvoyArguments),
    /// Write the JSON Schema of the configuration document
    Schema,
    /// Write the completions of a shell to standard output
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual page to standard output
    Man,
}

/// How results and messages are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people; coloured on a terminal
    #[default]
    Text,
    /// One JSON document on standard output
    Json,
}

/// Arguments of `check`.
#[derive(Args, Clone, Debug)]
pub struct CheckArguments {
    /// Configuration documents, Envoy bootstraps or listeners, WasmPlugins or EnvoyExtensionPolicies; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
    /// Exit with status 1 for warnings too
    #[arg(long)]
    pub deny_warnings: bool,
    /// How findings are written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Arguments of `import`.
#[derive(Args, Clone, Debug)]
pub struct ImportArguments {
    /// Policy files; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
    /// Write the document here instead of to standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// A value for {{NAME}}, ${NAME}, #{NAME}# and __NAME__
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,
    /// A JSON object of such values; --set comes before it
    #[arg(long, value_name = "FILE")]
    pub named_values: Vec<String>,
    /// The Envoy cluster for a host, or for HOST:PORT [default: the host with `_` for all but letters, digits and `-`]
    #[arg(long, value_name = "HOST=NAME", value_parser = pair)]
    pub cluster: Vec<(String, String)>,
    /// A tenant that may call where the policy takes every organisation
    #[arg(long, value_name = "TENANT")]
    pub allowed_tenant: Vec<String>,
    /// Write the report as JSON; `-` for standard output when -o is given
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// How messages are written; with json and -o the report goes to standard output
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !name.contains(char::is_control) => {
            Ok((name.to_owned(), value.to_owned()))
        }
        _ => Err("expected a name, \"=\" and a value".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }

    #[test]
    fn a_value_may_hold_an_equals_sign() {
        assert_eq!(super::pair("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert!(super::pair("=x").is_err() && super::pair("x").is_err());
    }
}
