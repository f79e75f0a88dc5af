//! Files that grow, move, shrink, are replaced, compressed or deleted, while followed and while down.

use super::harness::{Feed, LineFormat, SETTLE};
use crate::files::scratch::{gzip, zstd};

fn feed(name: &str, pattern: &str) -> Feed {
    Feed::new(name, pattern, LineFormat::LINES)
}

/// Runs a scenario twice: with the source alive throughout, and restarted before each look.
fn both(pattern: &str, scenario: impl Fn(&mut Feed, fn(&mut Feed) -> Vec<String>)) {
    scenario(&mut feed("alive", pattern), Feed::rows);
    scenario(&mut feed("restarted", pattern), |feed| {
        feed.restart();
        feed.rows()
    });
}

fn lines(from: usize, to: usize) -> String {
    (from..to)
        .map(|n| format!("row {n} {}\n", "x".repeat(n % 50)))
        .collect()
}

fn rows(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

#[test]
fn files_are_read_in_order_of_name_and_new_ones_are_taken() {
    both("*.csv", |feed, look| {
        feed.dir.write("b.csv", "b1\n");
        feed.dir.write("a.csv", "a1\na2\n");
        assert_eq!(look(feed), ["a1", "a2", "b1"]);
        feed.dir.write("c.csv", "c1\n");
        feed.dir.write("0.csv", "01\n");
        assert_eq!(look(feed), ["01", "c1"]);
        assert!(look(feed).is_empty());
    });
}

#[test]
fn growth_is_followed_and_a_half_line_waits() {
    both("a", |feed, look| {
        feed.dir.write("a", "1\n2");
        assert_eq!(look(feed), ["1"]);
        feed.dir.append("a", "2");
        assert!(look(feed).is_empty());
        feed.dir.append("a", "2\n3\n");
        assert_eq!(look(feed), ["222", "3"]);
    });
}

#[test]
fn a_file_renamed_into_place_is_taken_whole() {
    both("*.csv", |feed, look| {
        feed.dir.write("a.csv.tmp", "1\n");
        assert!(look(feed).is_empty());
        feed.dir.append("a.csv.tmp", "2\n");
        feed.dir.rename("a.csv.tmp", "a.csv");
        assert_eq!(look(feed), ["1", "2"]);
    });
}

#[test]
fn rotation_drains_the_old_file_under_a_name_that_matches_or_not() {
    for pattern in ["a.ndjson*", "a.ndjson"] {
        both(pattern, |feed, look| {
            feed.dir.write("a.ndjson", "1\n2\n");
            assert_eq!(look(feed), ["1", "2"]);
            feed.dir.append("a.ndjson", "3\n4");
            feed.dir.rename("a.ndjson", "a.ndjson.1");
            feed.dir.write("a.ndjson", "5\n");
            assert_eq!(look(feed), ["5", "3"]);
            // The writer still had it open.
            feed.dir.append("a.ndjson.1", "4\n");
            assert_eq!(look(feed), ["44"]);
            feed.dir.append("a.ndjson", "6\n");
            feed.dir.rename("a.ndjson.1", "a.ndjson.2");
            feed.dir.rename("a.ndjson", "a.ndjson.1");
            feed.dir.write("a.ndjson", "7\n");
            feed.dir.append("a.ndjson.2", "8\n");
            assert_eq!(look(feed), ["7", "6", "8"]);
        });
    }
}

#[test]
fn a_file_truncated_in_place_is_read_again() {
    both("a", |feed, look| {
        feed.dir.write("a", lines(0, 100));
        assert_eq!(look(feed).len(), 100);
        feed.dir.write("a", "new\n");
        assert_eq!(look(feed), ["new"]);
        feed.dir.append("a", "newer\n");
        assert_eq!(look(feed), ["newer"]);
    });
}

#[test]
fn copied_and_truncated_the_copy_is_drained() {
    // What is written anew is shorter than what was read, or longer, which looks like growth.
    for new in ["4\n", "4\n5\n6\n7\n"] {
        // Copies whose names come before and behind the name of the file; matched or not.
        for (pattern, copy) in [
            ("a*", "a.csv.1"),
            ("a.csv", "a.csv.1"),
            ("a*", "a-1.csv"),
            ("a.csv", "a-1.csv"),
        ] {
            both(pattern, |feed, look| {
                feed.dir.write("a.csv", "1\n2\n");
                assert_eq!(look(feed), ["1", "2"]);
                feed.dir.write(copy, "1\n2\n3\n");
                feed.dir.write("a.csv", new);
                let mut found = look(feed);
                // A copy that comes first in order was read before it could be known for one.
                found.retain(|row| row != "1" && row != "2");
                found.sort();
                assert_eq!(found, [&["3".to_owned()], &rows(new)[..]].concat());
                feed.restart();
                assert!(look(feed).is_empty());
            });
        }
    }
}

#[test]
fn other_content_under_the_name_is_read_from_its_start() {
    let old = lines(0, 3000);
    let middle = old.replace("row 1500 ", "row 15oo ");
    let longer = format!("{middle}last\n");
    let other = lines(5000, 5100);
    for content in [&middle, &longer, &other] {
        for is_new_file in [false, true] {
            both("a.csv", |feed, look| {
                feed.dir.write("a.csv", &old);
                assert_eq!(look(feed), rows(&old));
                if is_new_file {
                    feed.dir.write("other", content);
                    feed.dir.rename("other", "a.csv");
                } else {
                    feed.dir.write("a.csv", content);
                }
                feed.now += 1000;
                assert_eq!(look(feed), rows(content));
            });
        }
    }
}

#[test]
fn the_same_content_in_a_new_file_is_gone_on_with() {
    both("a.csv", |feed, look| {
        feed.dir.write("a.csv", "1\n2\n");
        assert_eq!(look(feed), ["1", "2"]);
        feed.dir.write("new", "1\n2\n3\n");
        feed.dir.rename("new", "a.csv");
        assert_eq!(look(feed), ["3"]);
    });
}

#[test]
fn a_change_within_one_tick_of_the_clock_is_found_when_the_file_is_quiet() {
    let mut feed = feed("tick", "a");
    // By this clock every file changes in this very instant.
    feed.now = 0;
    let content = lines(0, 5000);
    let changed = content.replace("row 2500 ", "row 25oo ");
    feed.dir.write("a", &content);
    assert_eq!(feed.rows(), rows(&content));
    let modified = std::fs::metadata(feed.dir.path("a")).and_then(|it| it.modified());
    feed.dir.write("a", &changed);
    let file = std::fs::File::options()
        .append(true)
        .open(feed.dir.path("a"));
    file.and_then(|file| file.set_modified(modified.expect("a time")))
        .expect("set");
    assert!(feed.rows().is_empty());
    feed.now += SETTLE;
    assert_eq!(feed.rows(), rows(&changed));
    feed.now += SETTLE;
    assert!(feed.rows().is_empty());
}

#[test]
fn a_file_compressed_while_followed_is_gone_on_with() {
    for (ending, pack) in [("gz", gzip as fn(&[u8]) -> Vec<u8>), ("zst", zstd)] {
        for pattern in ["a.ndjson*", "a.ndjson"] {
            both(pattern, |feed, look| {
                let packed = format!("a.ndjson.{ending}");
                let content = lines(0, 3000);
                feed.dir.write("a.ndjson", &content);
                assert_eq!(look(feed), rows(&content));
                let longer = format!("{content}last\n");
                let bytes = pack(longer.as_bytes());
                // Half of it is there while the plain file still is.
                feed.dir.write(&packed, &bytes[..bytes.len() / 2]);
                assert!(look(feed).is_empty());
                feed.dir.append(&packed, &bytes[bytes.len() / 2..]);
                feed.dir.remove("a.ndjson");
                assert_eq!(look(feed), ["last"]);
                feed.dir.write("a.ndjson", "next\n");
                assert_eq!(look(feed), ["next"]);
                // And a compressed file is rotated like any other.
                feed.dir.rename(&packed, &format!("a.ndjson.2.{ending}"));
                assert!(look(feed).is_empty());
            });
        }
    }
}

#[test]
fn rotated_and_compressed_at_once() {
    both("a.log*", |feed, look| {
        feed.dir.write("a.log", "1\n");
        feed.dir.write("a.log.1", "0\n");
        assert_eq!(look(feed), ["1", "0"]);
        feed.dir.write("a.log.2.gz", gzip(b"0\n"));
        feed.dir.append("a.log", "2\n");
        feed.dir.rename("a.log", "a.log.1");
        feed.dir.write("a.log", "3\n");
        assert_eq!(look(feed), ["3", "2"]);
    });
}

#[test]
fn a_file_that_is_away_for_an_instant_is_gone_on_with() {
    both("a*", |feed, look| {
        std::fs::create_dir(feed.dir.path("sub")).expect("made");
        feed.dir.write("a", "1\n");
        assert_eq!(look(feed), ["1"]);
        feed.dir.rename("a", "sub/a");
        assert!(look(feed).is_empty());
        feed.now += SETTLE - 1;
        assert!(look(feed).is_empty());
        feed.dir.rename("sub/a", "a.1");
        feed.dir.append("a.1", "2\n");
        assert_eq!(look(feed), ["2"]);
    });
}

#[test]
fn a_deleted_file_that_comes_back_is_new() {
    both("*.csv", |feed, look| {
        feed.dir.write("a.csv", "1\n");
        feed.dir.write("b.csv", "b\n");
        assert_eq!(look(feed), ["1", "b"]);
        feed.dir.remove("a.csv");
        assert!(look(feed).is_empty());
        feed.now += SETTLE;
        assert!(look(feed).is_empty());
        feed.now += SETTLE;
        feed.dir.append("b.csv", "c\n");
        assert_eq!(look(feed), ["c"]);
        feed.dir.write("a.csv", "2\n");
        assert_eq!(look(feed), ["2"]);
    });
}

#[test]
fn a_linked_file_is_read_once() {
    let mut feed = feed("link", "*");
    feed.dir.write("a", "1\n");
    std::os::unix::fs::symlink(feed.dir.path("a"), feed.dir.path("current")).expect("linked");
    assert_eq!(feed.rows(), ["1"]);
}
