//! The configuration that is served: a live simulated feed over all states, six levels, type and bedroom segments.

use crate::options::Options;

/// Levels and segments are the demo's.
pub(crate) fn configuration(options: &Options) -> String {
    let crosswalk = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../data/us-zip-crosswalk.tsv.gz"
    );
    let Options {
        turns, listings, ..
    } = options;
    format!(
        r#"[instance]
identity = "match"
time_zone = "America/Chicago"

[[level]]
name = "zip"
key = "PostalCode"

[[level]]
name = "city"
key = ["City", "StateOrProvince"]

[[level]]
name = "county"
key = ["CountyOrParish", "StateOrProvince"]

[[level]]
name = "metro"
lookup = {{ field = "PostalCode", file = {crosswalk:?}, from = "zip", to = "cbsa_name" }}

[[level]]
name = "state"
key = "StateOrProvince"

[[level]]
name = "nation"
constant = "US"

[segments]
type = true
bedrooms = true

[[feed]]
name = "simulated"
type = "simulator"
mode = "live"
uses = ["analytics", "display"]
seed = 42
states = ["NJ", "AR", "TX"]
listings = {listings}
per_second = {turns}
"#
    )
}
