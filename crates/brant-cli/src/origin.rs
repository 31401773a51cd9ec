//! Who set what, so that advice sends people to the place that a value is from.

use std::fmt;

/// Who had the last word on a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The arguments.
    Typed,
    /// This flag.
    Flag(&'static str),
    /// This variable.
    Variable(&'static str),
    /// This line of `brant.toml`.
    File(String),
    /// Nobody. This flag would.
    Default(&'static str),
}

impl Origin {
    /// As the command `config` tells it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Flag(_) => format!("flag {self}"),
            Self::Variable(_) => format!("variable {self}"),
            Self::Typed | Self::File(_) | Self::Default(_) => self.to_string(),
        }
    }

    /// What the setting of this name is corrected with.
    pub(crate) fn setter(&self, name: &str) -> String {
        match self {
            Self::Flag(flag) | Self::Default(flag) => format!("`{flag}`"),
            Self::File(place) => format!("`{name}` in {place}"),
            Self::Typed | Self::Variable(_) => self.to_string(),
        }
    }

    /// The addition to a message or an advice about what was not typed.
    pub(crate) fn aside(&self) -> String {
        match self {
            Self::Typed | Self::Flag(_) | Self::Default(_) => String::new(),
            Self::Variable(_) | Self::File(_) => format!(" (from {self})"),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Typed => "the arguments",
            Self::Flag(name) | Self::Variable(name) => name,
            Self::File(place) => place,
            Self::Default(_) => "default",
        })
    }
}
