//! Reads settings out of TOML tables and reports every mistake at once.
