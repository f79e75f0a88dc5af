//! What a feed may be used for: its rows reach no market without `analytics`, and nobody sees them without
//! `display`, neither as listings nor as changes or refused rows.

use crate::place::Place;

const MAP: &str = "[feed.map]\nListingKey = \"id\"\nListPrice = \"price\"\nModificationTimestamp = { column = \"day\", format = \"%Y-%m-%d\" }\nStandardStatus = { constant = \"Active\" }\nPostalCode = { constant = \"07030\" }\nUnparsedAddress = \"address\"\n";

fn config(name: &str, uses: &str) -> String {
    format!(
        "[[feed]]\nname = \"{name}\"\ntype = \"file\"\nmode = \"history\"\npath = \"{name}.csv\"\nuses = [{uses}]\n{MAP}"
    )
}

#[test]
fn rows_without_display_are_shown_to_nobody_and_count_all_the_same() {
    let place = Place::new();
    place.write(
        "open.csv",
        "id,price,day,address\n1,100,2024-03-01,1 Elm Street\n2,200,2024-03-01,2 Elm Street\n",
    );
    place.write("closed.csv", "id,price,day,address\n7,777,2024-03-02,2 Elm Street\n8,888,2024-03-02,8 Elm Street\n9,secret,2024-03-02,9 Elm Street\n");
    let level = "[[level]]\nname = \"zip\"\nkey = \"PostalCode\"\n";
    place.write(
        "c.toml",
        format!(
            "{level}{}{}",
            config("open", "\"analytics\", \"display\""),
            config("closed", "\"analytics\"")
        ),
    );
    place.run_well();
    let active = place.ask(&["markets", "--measure", "active_count"]);
    assert!(active.contains(",3,count,"), "homes 1, 2 and 8: {active}");
    for question in ["listings", "homes", "changes", "refused"] {
        let told = place.ask(&[question]);
        for secret in ["777", "888", "secret", "closed/8", "closed/7"] {
            assert!(!told.contains(secret), "{question} shows {secret}: {told}");
        }
    }
    assert!(place.ask(&["changes"]).contains("open/1"));
    assert!(
        !place.ask(&["changes"]).contains("open/2"),
        "its home is told of by the closed feed as well"
    );
    assert!(place.ask(&["ledger"]).contains("closed,3,2,0,0,0,0,1,0"));
}

#[test]
fn rows_without_analytics_reach_no_market() {
    let place = Place::new();
    place.write(
        "only.csv",
        "id,price,day,address\n1,100,2024-03-01,1 Elm Street\n",
    );
    let level = "[[level]]\nname = \"zip\"\nkey = \"PostalCode\"\n";
    place.write(
        "c.toml",
        format!("{level}{}", config("only", "\"display\"")),
    );
    place.run_well();
    assert_eq!(
        place.ask(&["markets"]).lines().count(),
        1,
        "a header and nothing else"
    );
    assert!(place.ask(&["listings"]).contains("only,1,"));
}
