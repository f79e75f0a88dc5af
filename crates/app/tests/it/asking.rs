//! Questions: filters, moments of the past, forms, and names that nobody knows.

use std::process::Stdio;

use crate::feeds::{HOMES, instance};
use crate::place::Place;

fn ran() -> Place {
    let place = Place::new();
    place
        .write("homes.csv", HOMES)
        .write("c.toml", instance("history", "homes.csv", ""));
    place.run_well();
    place
}

const HEAD: &str =
    "level,area,segment,kind,measure,variant,window,date,value,unit,n,n_excluded,status\n";

#[test]
fn the_past_is_told_as_of_a_date_or_an_instant() {
    let place = ran();
    for (as_of, median, count, date) in [
        ("2024-03-01", "300000", 1, "2024-03-01"),
        ("2024-03-03", "350000", 2, "2024-03-03"),
        ("2024-03-05T09:59:59.999Z", "350000", 2, "2024-03-05"),
        ("2024-03-05T10:00:00Z", "342500", 2, "2024-03-05"),
        ("2024-03-05T05:00:00-05:00", "342500", 2, "2024-03-05"),
        // Still the day before in Chicago.
        ("2024-03-06T05:59:59Z", "342500", 2, "2024-03-05"),
        ("2024-03-06T06:00:00Z", "342500", 2, "2024-03-06"),
        ("2024-03-21", "285000", 1, "2024-03-21"),
    ] {
        let line = [
            "markets",
            "--as-of",
            as_of,
            "--area",
            "Ames",
            "--measure",
            "median_list_price",
            "--window",
            "now",
        ];
        let expected = format!(
            "{HEAD}city,Ames,all,sale,median_list_price,own,now,{date},{median},USD,{count},0,current\n"
        );
        assert_eq!(place.ask(&line), expected, "{as_of}");
    }
    assert_eq!(place.ask(&["markets", "--as-of", "2024-02-28"]), HEAD);
    let said = place.try_ask(&["markets", "--as-of", "soon"]);
    assert_eq!(said.code, 1);
    assert!(
        said.err.contains("\"soon\" is neither a date"),
        "{}",
        said.err
    );
}

#[test]
fn days_and_months_are_told_and_spanned() {
    let place = ran();
    let line = [
        "markets",
        "--measure",
        "new_listings",
        "--window",
        "day",
        "--date",
        "2024-03-02..2024-03-22",
    ];
    let expected = format!(
        "{HEAD}city,Ames,all,sale,new_listings,own,day,2024-03-02,1,count,1,0,provisional\n\
         city,\"Boone, IA\",all,sale,new_listings,own,day,2024-03-22,1,count,1,0,provisional\n"
    );
    assert_eq!(place.ask(&line), expected);
    for bad in ["2024-03-02..2024-03-01", "tomorrow", "2024-02-30"] {
        let said = place.try_ask(&["markets", "--date", bad]);
        assert_eq!(said.code, 1, "{bad}");
        assert!(said.err.contains(bad), "{}", said.err);
    }
}

#[test]
fn unknown_names_are_errors_that_list_the_known() {
    let place = ran();
    for (line, wanted) in [
        (
            ["markets", "--level", "contry"],
            "there is no level \"contry\"; there are city",
        ),
        (
            ["markets", "--measure", "median"],
            "there is no measure \"median\"; there are active_count, ",
        ),
        (
            ["markets", "--window", "week"],
            "there is no window \"week\"; there are now, ",
        ),
        (
            ["markets", "--kind", "rent"],
            "there is no kind \"rent\"; there are sale, lease",
        ),
        (
            ["markets", "--variant", "best"],
            "there is no variant \"best\"; there are any, contracts, inferred, own, property, realtor, redfin, seen, year",
        ),
        (
            ["markets", "--segment", "beds:9"],
            "there is no segment \"beds:9\"; there are all",
        ),
        (
            ["markets", "--area", "Aims"],
            "there is no area \"Aims\"; there are Ames, Boone, IA",
        ),
        (
            ["changes", "--change", "price"],
            "there is no change \"price\"; there are stock, list_price, ",
        ),
        (
            ["listings", "--feed", "houses"],
            "there is no feed \"houses\"; there are homes",
        ),
        (
            ["refused", "--feed", "houses"],
            "there is no feed \"houses\"; there are homes",
        ),
    ] {
        let said = place.try_ask(&line);
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{line:?}");
        assert!(
            said.err.starts_with(&format!("freehold: {wanted}")),
            "{line:?}: {}",
            said.err
        );
    }
}

#[test]
fn a_directory_that_holds_no_instance_is_said_to() {
    let place = Place::new();
    place.write("empty/x", "");
    for (directory, wanted) in [
        ("nowhere", "nowhere is no directory"),
        ("empty", "empty holds no instance"),
    ] {
        let said = place.say(&["digest", "--data-dir", directory]);
        assert_eq!(said.code, 1);
        assert!(said.err.contains(wanted), "{}", said.err);
    }
}

#[test]
fn every_command_explains_itself() {
    let place = Place::new();
    let all = place.say(&["--help"]);
    assert_eq!(all.code, 0);
    assert!(all.out.contains("Exit codes"), "{}", all.out);
    for command in [
        "run", "markets", "listings", "homes", "changes", "ledger", "refused", "digest", "init",
        "check", "config", "correct", "bench",
    ] {
        assert!(
            all.out.contains(&format!("  {command}")),
            "{command} is listed"
        );
        let said = place.say(&[command, "--help"]);
        assert_eq!(said.code, 0, "{command}");
        assert!(
            said.out.lines().count() > 5 && said.out.contains("Usage: freehold"),
            "{command}: {}",
            said.out
        );
    }
    assert_eq!(place.say(&["mraket"]).code, 2);
    assert!(
        place
            .say(&["config", "schema"])
            .out
            .contains("snapshot.shrink_max")
    );
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let place = Place::new();
    place
        .write("rows.ndjson", crate::feeds::many_rows(3000))
        .write("c.toml", instance("history", "rows.ndjson", ""));
    place.run_well();
    let mut command = place.command(&["changes", "--data-dir", "d", "--format", "csv"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let said = crate::place::Said::from(child.wait_with_output().expect("it ends"));
    assert_eq!((said.code, said.err.as_str()), (0, ""));
}
