//! Raw configuration, then checked configuration.
