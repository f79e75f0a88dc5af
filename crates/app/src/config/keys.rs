//! The reference of configuration keys: what `config schema` prints and `docs/reference.md` holds.

use std::fmt::Write;

use freehold_connectors::mapping::{KEYS as MAPPING_KEYS, KeyDoc};

/// Keys outside of feeds.
const INSTANCE_KEYS: &[KeyDoc] = &[
    KeyDoc::new(
        "instance.identity",
        "match | listing",
        "match",
        "How listings become homes: by parcel or address and unit, or each a home of its own.",
    ),
    KeyDoc::new(
        "instance.time_zone",
        "IANA name",
        "America/New_York",
        "The zone of the instance: what day it is for trailing windows, and the default of feeds.",
    ),
    KeyDoc::new(
        "instance.threads",
        "number",
        "cores",
        "Threads that parse and apply. Results do not depend on it.",
    ),
    KeyDoc::new(
        "instance.horizon",
        "duration in days",
        "90d",
        "How old an event may be and still take its place when its listing holds a newer version; a day is final this long after it closed.",
    ),
    KeyDoc::new(
        "instance.relist_gap",
        "duration in days",
        "45d",
        "Days off the market after which a return counts as a new listing.",
    ),
    KeyDoc::new(
        "instance.non_disclosure",
        "list of `LEVEL:AREA`",
        "",
        "Areas where nobody must disclose what was paid, such as `[\"state:TX\"]`: numbers of closing prices say there what they rest on, and show what is asked instead.",
    ),
    KeyDoc::new(
        "epoch.rows_max",
        "number",
        "50000",
        "Records of one epoch at most. Results do not depend on it.",
    ),
    KeyDoc::new(
        "epoch.bytes_max",
        "number",
        "8388608",
        "Raw bytes that are read for one batch at most.",
    ),
    KeyDoc::new(
        "checkpoint.rows",
        "number",
        "2000000",
        "A checkpoint is due after so many records …",
    ),
    KeyDoc::new(
        "checkpoint.interval",
        "duration",
        "60s",
        "… or after so long, if anything changed.",
    ),
    KeyDoc::new(
        "log.rows_kept",
        "number",
        "all",
        "Records kept in the log behind the newest. What checkpoints need is always kept.",
    ),
    KeyDoc::new(
        "server.listen",
        "IP:PORT | off",
        "127.0.0.1:8484",
        "Where the page and the API are served by `run`; port 0 takes any free one. `run --until-idle` serves only when this or --listen says where. Addresses beyond this machine need TLS and a token.",
    ),
    KeyDoc::new(
        "server.certificate",
        "path",
        "",
        "The certificate chain of TLS, in PEM.",
    ),
    KeyDoc::new("server.key", "path", "", "The private key of TLS, in PEM."),
    KeyDoc::new(
        "server.token",
        "text",
        "",
        "What every request must carry as `Authorization: Bearer TOKEN`; at least 16 characters.",
    ),
    KeyDoc::new(
        "server.connections_max",
        "number",
        "1024",
        "Connections at once; more are closed at once.",
    ),
    KeyDoc::new(
        "level[].name",
        "text",
        "",
        "Name of a level of areas, finest first.",
    ),
    KeyDoc::new(
        "level[].key",
        "field or list of fields",
        "",
        "The area is this text; several fields are joined by \", \".",
    ),
    KeyDoc::new(
        "level[].constant",
        "text",
        "",
        "One area for every home, such as a nation.",
    ),
    KeyDoc::new(
        "level[].lookup",
        "table",
        "",
        "{ field, file, from, to }: the area is column(s) `to` of a CSV or TSV file (plain or .gz) in the row whose column `from` holds the field's text.",
    ),
    KeyDoc::new(
        "segments.type",
        "true | false",
        "false",
        "Segments type:single_family, type:condo, type:townhouse, type:multi_family, type:other.",
    ),
    KeyDoc::new(
        "segments.bedrooms",
        "true | false",
        "false",
        "Segments beds:0 to beds:4, beds:5+, beds:other.",
    ),
    KeyDoc::new(
        "publish.changes",
        "true | false",
        "true",
        "Whether change rows are kept.",
    ),
    KeyDoc::new(
        "publish.changes_kept",
        "number",
        "all",
        "Positions behind the newest whose change rows are kept.",
    ),
    KeyDoc::new(
        "publish.rows.path",
        "file",
        "",
        "Readings as rows `area,value,…` of this file: each market that changed, the last row counts.",
    ),
    KeyDoc::new(
        "publish.rows.level",
        "text",
        "",
        "Level whose markets are written.",
    ),
    KeyDoc::new(
        "publish.rows.columns",
        "list",
        "",
        "MEASURE, MEASURE/VARIANT or MEASURE/VARIANT/WINDOW each.",
    ),
    KeyDoc::new(
        "publish.rows.every_rows",
        "number",
        "50000",
        "Rows are written after so many records …",
    ),
    KeyDoc::new(
        "publish.rows.every",
        "duration",
        "250ms",
        "… or after so long.",
    ),
];

/// Keys of every feed.
const FEED_KEYS: &[KeyDoc] = &[
    KeyDoc::new(
        "name",
        "text",
        "",
        "The feed's name: part of every stable id, never to be changed.",
    ),
    KeyDoc::new(
        "type",
        "file | simulator",
        "file",
        "What the feed is: files by declaration, or a simulated market, whose areas are all marked as simulated.",
    ),
    KeyDoc::new(
        "mode",
        "live | history",
        "live",
        "`history` is a finished past: it is replayed by its own dates, on a virtual clock when all feeds are histories.",
    ),
    KeyDoc::new(
        "order",
        "time | arrival",
        "time",
        "Of a history: merged with other histories by event time, or taken as it stands.",
    ),
    KeyDoc::new(
        "uses",
        "list of analytics, display",
        "",
        "Required: what the feed's licence permits, one or both. Without analytics its rows reach no market; without display they are shown to nobody.",
    ),
    KeyDoc::new(
        "stale_after",
        "duration",
        "never",
        "Silence after which the feed, and every number that rests on it, is shown as stale.",
    ),
    KeyDoc::new(
        "reset_gap",
        "duration in days",
        "45d",
        "Days off the market after which cumulative days on market begin anew, as the feed's MLS rules: 30 to 90 days.",
    ),
    KeyDoc::new(
        "quarantine",
        "`on` or `off`",
        "`on`",
        "Whether values that cannot be right in their place are held back from prices; see `freehold held`.",
    ),
];

/// Keys of feeds of files.
const FILE_KEYS: &[KeyDoc] = &[
    KeyDoc::new(
        "path",
        "text or list",
        "",
        "Files, directories and patterns (`in/*.csv`, `in/**/*.ndjson.gz`), relative to the configuration.",
    ),
    KeyDoc::new(
        "compression",
        "auto | none | gzip | zstd",
        "auto",
        "How the files are stored.",
    ),
    KeyDoc::new(
        "line_bytes_max",
        "number",
        "1048576",
        "The longest row that is taken; a longer one is refused.",
    ),
    KeyDoc::new(
        "chunk_bytes",
        "number",
        "1048576",
        "About how many bytes are parsed at once.",
    ),
    KeyDoc::new(
        "settle",
        "duration",
        "10s",
        "How long a file must stay unchanged until its last line counts as complete without a line end.",
    ),
];

/// Keys of simulated feeds.
const SIMULATOR_KEYS: &[KeyDoc] = &[
    KeyDoc::new("seed", "number", "1", "Everything random follows from it."),
    KeyDoc::new(
        "states",
        "list of NJ, AR, TX",
        "all",
        "Where the homes stand.",
    ),
    KeyDoc::new(
        "listings",
        "number",
        "10000",
        "Listings on the market on average.",
    ),
    KeyDoc::new("start", "date", "2010-01-01", "First day of a history."),
    KeyDoc::new("end", "date", "", "Day at which a history ends."),
    KeyDoc::new("updates", "number", "", "Rows after which it ends."),
    KeyDoc::new(
        "per_day",
        "number",
        "by the listings",
        "Updates a virtual day of a history.",
    ),
    KeyDoc::new(
        "per_second",
        "number",
        "10",
        "Turns of homes a second of a live feed; each may give a row. A market that is just beginning gives about seven rows in ten turns.",
    ),
    KeyDoc::new(
        "lease_share",
        "number from 0 to 1",
        "0.25",
        "Share of rentals.",
    ),
    KeyDoc::new(
        "faults",
        "table",
        "none",
        "Shares from 0 to 1 of labelled faults: duplicates, out_of_order, extra_zero, missing_zero, unit_mix_up, annual_rent.",
    ),
];

/// All keys as Markdown tables.
pub(crate) fn as_markdown() -> String {
    let mut out = String::new();
    let mut table = |title: &str, groups: &[&[KeyDoc]]| {
        let _ = writeln!(
            out,
            "### {title}\n\n| key | kind | default | meaning |\n|---|---|---|---|"
        );
        for doc in groups.iter().flat_map(|group| group.iter()) {
            let escape = |text: &str| text.replace('|', "\\|");
            let default = if doc.default.is_empty() {
                String::new()
            } else {
                format!("`{}`", escape(doc.default))
            };
            let _ = writeln!(
                out,
                "| `{}` | {} | {default} | {} |",
                doc.key,
                escape(doc.kind),
                escape(doc.doc)
            );
        }
        out.push('\n');
    };
    table("The instance", &[INSTANCE_KEYS]);
    table("Each `[[feed]]`", &[FEED_KEYS]);
    table("Feeds of files", &[FILE_KEYS, MAPPING_KEYS]);
    table("Simulated feeds", &[SIMULATOR_KEYS]);
    out
}
