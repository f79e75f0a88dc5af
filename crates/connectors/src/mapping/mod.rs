//! Turns rows of delimited text or JSON into canonical records, by declaration.
