//! Settings in TOML.
use serde::Deserialize;

bitflags::bitflags! {
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Options: u32 {
        const QUIET = 1;
        const COLOR = 2;
    }
}

#[derive(Debug, Deserialize)]
pub struct Config {
    pub needs: semver::VersionReq,
    #[serde(default)]
    pub quiet: bool,
}

impl Config {
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    pub fn options(&self) -> Options {
        if self.quiet { Options::QUIET } else { Options::COLOR }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parsed() {
        let config = Config::parse("needs = \">=1.2\"\nquiet = true\n").unwrap();
        assert!(config.needs.matches(&semver::Version::new(1, 3, 0)));
        assert_eq!(config.options(), Options::QUIET);
    }
}
