//! What the configuration says of values that are right, wrong, unknown and missing.

mod defaults;
mod elsewhere;
mod every_key;
mod mail;
mod refused;
mod told;
mod warned;

use super::*;

const MINIMAL: &str = "data_dir = \"data\"\norganisation.name = \"測試中心\"\n";

fn parse(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let environment = Environment::from_pairs(environment.iter().copied());
    Config::parse(text, Path::new("casebind.toml"), Path::new("/etc/casebind"), &environment)
}

fn refused(text: &str, environment: &[(&str, &str)]) -> String {
    parse(text, environment).unwrap_err().to_string()
}
