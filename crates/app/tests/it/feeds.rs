//! Small feeds and their configurations, for all tests.

/// The top of a configuration with one level, `city`.
pub(crate) const INSTANCE: &str = r#"
[instance]
identity = "listing"
time_zone = "America/Chicago"

[[level]]
name = "city"
key = "City"
"#;

/// Six rows: two homes with a price cut and a sale, one refused, one quoted.
pub(crate) const HOMES: &str = "\
id,at,status,price,paid,closed,city
1,2024-03-01T10:00:00Z,Active,300000,,,Ames
2,2024-03-02T10:00:00Z,Active,400000,,,Ames
1,2024-03-05T10:00:00Z,Active,285000,,,Ames
2,2024-03-20T10:00:00Z,Closed,400000,390000.50,2024-03-19,Ames
3,2024-03-21T10:00:00Z,Active,-5,,,Boone
4,2024-03-22T10:00:00Z,Active,\"1,250,000\",,,\"Boone, IA\"
";

/// The mapping of [`HOMES`].
pub(crate) const MAP: &str = r#"
[feed.map]
ListingKey = "id"
ModificationTimestamp = "at"
StandardStatus = "status"
ListPrice = "price"
ClosePrice = "paid"
CloseDate = "closed"
City = "city"
"#;

/// A feed of that name over `path`, with more lines of its own.
pub(crate) fn feed(name: &str, mode: &str, path: &str, more: &str, map: &str) -> String {
    format!(
        "\n[[feed]]\nname = \"{name}\"\ntype = \"file\"\nmode = \"{mode}\"\npath = \"{path}\"\n\
         uses = [\"analytics\", \"display\"]\n{more}\n{map}"
    )
}

/// An instance over one feed `homes`.
pub(crate) fn instance(mode: &str, path: &str, more: &str) -> String {
    format!("{INSTANCE}{}", feed("homes", mode, path, more, MAP))
}

/// `count` rows of NDJSON with new listings and price cuts, one a minute.
pub(crate) fn many_rows(count: usize) -> String {
    let row = |number: usize| {
        let (day, minute) = (1 + number / 1440, number % 1440);
        format!(
            "{{\"id\":\"{}\",\"at\":\"2024-03-{day:02}T{:02}:{:02}:00Z\",\"status\":\"Active\",\"price\":{},\"city\":\"City {}\"}}\n",
            number % 700,
            minute / 60,
            minute % 60,
            500_000 - number * 7,
            number % 9,
        )
    };
    (0..count).map(row).collect()
}
