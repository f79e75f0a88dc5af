//! Rows, refusals, headers, snapshots, compressed streams, errors and bounded reads.

use std::time::Duration;

use freehold_pipeline::source::{Content, Poll, SourceErrorKind};

use super::harness::{Feed, Got, LineFormat};
use crate::files::scratch::{gzip, zstd};
use crate::files::{Compression, read_range};
use crate::format::Framing;

const QUOTED: LineFormat = LineFormat {
    framing: Framing::Quoted { quote: b'"' },
    ..LineFormat::LINES
};
const WITH_HEADER: LineFormat = LineFormat {
    header: Some("key"),
    ..LineFormat::LINES
};
const SNAPSHOT: LineFormat = LineFormat {
    is_snapshot: true,
    ..WITH_HEADER
};

fn lines_feed(name: &str, pattern: &str) -> Feed {
    Feed::new(name, pattern, LineFormat::LINES)
}

#[test]
fn chunks_hold_whole_rows_and_say_where_they_stood() {
    let mut feed = Feed::new("chunks", "*", WITH_HEADER);
    feed.config.chunk_bytes = 100;
    feed.restart();
    let text: String = (0..500).map(|n| format!("row {n}\n")).collect();
    let content = format!("key\n{text}");
    feed.dir.write("a", &content);
    feed.dir.write("b.gz", gzip(content.as_bytes()));
    feed.dir.write("c.zst", zstd(content.as_bytes()));
    let mut read = std::collections::BTreeMap::<String, Vec<u8>>::new();
    while let Poll::Piece(piece) = feed.poll(false).expect("readable") {
        let Content::Raw(chunk) = piece.content else {
            panic!("rows only");
        };
        let place = &chunk.place;
        let bytes = read.entry(place.name.to_string()).or_default();
        assert_eq!(place.offset, 4 + bytes.len() as u64);
        let before = &content.as_bytes()[..place.offset as usize];
        assert_eq!(
            place.line,
            1 + memchr::memchr_iter(b'\n', before).count() as u64
        );
        assert!(chunk.bytes.ends_with(b"\n") && chunk.bytes.len() <= 108);
        let to = place.offset + chunk.bytes.len() as u64;
        let again = read_range(&place.name, place.offset, to, Compression::Auto);
        assert_eq!(again.expect("readable"), chunk.bytes);
        bytes.extend_from_slice(&chunk.bytes);
    }
    assert_eq!(read.len(), 3);
    assert!(read.values().all(|bytes| *bytes == text.as_bytes()));
}

#[test]
fn a_quoted_row_is_never_cut_at_a_line_end_within() {
    let mut feed = Feed::new("quoted", "a", QUOTED);
    feed.config.chunk_bytes = 16;
    feed.restart();
    feed.dir
        .write("a", "1,\"x\ny\"\n2,\"a\n\nb \"\"q\"\"\nc\"\n3,\"open\n");
    let mut chunks = Vec::new();
    while let Poll::Piece(piece) = feed.poll(false).expect("readable") {
        if let Content::Raw(chunk) = piece.content {
            chunks.push(String::from_utf8(chunk.bytes).expect("text"));
        }
    }
    assert_eq!(chunks, ["1,\"x\ny\"\n", "2,\"a\n\nb \"\"q\"\"\nc\"\n"]);
    feed.dir.append("a", "closed\"\n");
    assert_eq!(feed.rows(), ["3,\"open", "closed\""]);
}

#[test]
fn a_last_line_without_end_is_taken_when_settled_or_finished() {
    let mut feed = lines_feed("tail", "*");
    feed.dir.write("a", "1\n2");
    feed.dir.write("b", "3");
    assert_eq!(feed.rows(), ["1"]);
    feed.now += 9_999;
    feed.dir.append("b", "3");
    assert!(feed.rows().is_empty());
    feed.now += 1;
    assert_eq!(feed.rows(), ["2"]);
    assert_eq!(feed.last_rows(), ["33"]);
    assert!(feed.last_rows().is_empty());
}

#[test]
fn a_line_end_that_comes_late_ends_the_row_that_was_taken() {
    for end in ["\n", "\r\n"] {
        let mut feed = lines_feed("late", "a");
        feed.dir.write("a", "1");
        assert_eq!(feed.last_rows(), ["1"]);
        feed.restart();
        feed.dir.append("a", format!("{end}2\n"));
        assert_eq!(feed.rows(), ["2"]);
    }
}

#[test]
fn a_line_continued_after_it_was_taken_is_refused() {
    let mut feed = lines_feed("continued", "a");
    feed.dir.write("a", "0\n12");
    assert_eq!(feed.last_rows(), ["0", "12"]);
    feed.restart();
    feed.dir.append("a", "34");
    assert!(feed.rows().is_empty());
    feed.dir.append("a", "56\n7\n");
    let got = feed.drain(false);
    assert_eq!(got.rows, ["7"]);
    let [(place, reason)] = &got.refused[..] else {
        panic!("one refusal, not {got:?}");
    };
    assert_eq!(*place, format!("{}:2", feed.place("a")));
    assert!(reason.contains("without its line end"));
}

#[test]
fn a_row_too_long_is_refused_and_passed() {
    for (chunk_bytes, format) in [
        (8, LineFormat::LINES),
        (4096, LineFormat::LINES),
        (64, QUOTED),
    ] {
        let mut feed = Feed::new("long", "*", format);
        feed.config.chunk_bytes = chunk_bytes;
        feed.config.line_bytes_max = 100;
        feed.restart();
        let fits = "f".repeat(100);
        let long = "l".repeat(101);
        let huge = "h".repeat(10_000);
        feed.dir
            .write("a", format!("1\n{fits}\n{long}\n2\n{huge}\n3\n{huge}"));
        let got = feed.drain(false);
        assert_eq!(got.rows, ["1", &fits, "2", "3"]);
        let places: Vec<&str> = got
            .refused
            .iter()
            .map(|(place, _)| place.as_str())
            .collect();
        let a = feed.place("a");
        assert_eq!(
            places,
            [format!("{a}:3"), format!("{a}:5"), format!("{a}:7")]
        );
        assert!(got.refused[0].1.contains("100 bytes"));
        // The rest of the last one is passed in silence, by another run too.
        feed.restart();
        feed.dir.append("a", format!("{huge}\n4\n"));
        assert_eq!(feed.rows(), ["4"]);
    }
}

#[test]
fn a_quote_left_open_costs_one_line() {
    let mut feed = Feed::new("open-quote", "a", QUOTED);
    feed.config.line_bytes_max = 100;
    feed.config.chunk_bytes = 50;
    feed.restart();
    let rows: String = (0..100).map(|n| format!("row {n}\n")).collect();
    feed.dir.write("a", format!("5\" pipe\n{rows}"));
    let got = feed.drain(false);
    assert_eq!(got.rows.len(), 100);
    assert_eq!(got.refused.len(), 1);
    assert!(got.refused[0].1.contains("quote"));
}

#[test]
fn a_header_is_waited_for_and_a_wrong_one_is_reported_until_it_changes() {
    let mut feed = Feed::new("header", "*", WITH_HEADER);
    feed.dir.write("a", "ke");
    feed.dir.write("b", "price\n1\n");
    feed.dir.write("c", "key\n2\n");
    for _ in 0..2 {
        let got = feed.drain(false);
        let b = feed.place("b");
        assert_eq!(
            got.errors,
            [format!(
                "feed test: read {b}: ListingKey: another header (look at the header)"
            )],
        );
        feed.dir.append("c", "3\n");
    }
    feed.dir.append("a", "y\n0\n");
    feed.dir.write("b", "key\n1\n");
    assert_eq!(feed.rows(), ["0", "1", "3"]);
    feed.restart();
    feed.dir.append("a", "9\n");
    assert_eq!(feed.rows(), ["9"]);
}

#[test]
fn an_empty_file_waits_while_followed_and_is_reported_when_finished() {
    let mut feed = Feed::new("empty", "a", WITH_HEADER);
    feed.dir.write("a", "");
    assert!(feed.rows().is_empty());
    feed.settle();
    assert!(feed.rows().is_empty());
    assert!(feed.drain(true).errors[0].contains("no header"));
    feed.dir.write("a", "key\n1\n");
    assert_eq!(feed.rows(), ["1"]);
}

#[test]
fn a_snapshot_ends_with_its_last_piece_once() {
    let mut feed = Feed::new("snapshot", "*", SNAPSHOT);
    feed.dir.write("a", "key\n1\n2\n");
    assert_eq!(feed.rows(), ["1", "2"]);
    assert_eq!(feed.snapshot_ends, 0);
    feed.settle();
    assert!(feed.rows().is_empty());
    assert_eq!(feed.snapshot_ends, 1);
    feed.restart();
    feed.settle();
    assert!(feed.rows().is_empty());
    assert_eq!(feed.snapshot_ends, 1);
    // Read in one go, the rows carry it.
    feed.dir.write("b", "key\n3\n");
    feed.dir.write("c", "key\n");
    let mut pieces = 0;
    while let Poll::Piece(piece) = feed.poll(true).expect("readable") {
        assert!(piece.snapshot_end.is_some());
        pieces += 1;
    }
    assert_eq!((pieces, feed.snapshot_ends), (2, 3));
}

#[test]
fn a_half_written_stream_waits_and_goes_on() {
    for (name, packed) in [
        ("a.gz", gzip(text().as_bytes())),
        ("a.zst", zstd(text().as_bytes())),
    ] {
        for restarts in [false, true] {
            let mut feed = lines_feed("half", "a.*");
            let mut rows = Vec::new();
            for part in packed.chunks(packed.len() / 7) {
                feed.dir.append(name, part);
                if restarts {
                    feed.restart();
                }
                rows.extend(feed.rows());
                feed.settle();
                rows.extend(feed.rows());
            }
            assert_eq!(rows.join("\n") + "\n", text());
        }
    }
}

fn text() -> String {
    (0..30_000u64)
        .map(|n| format!("row {n} {}\n", n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        .collect()
}

#[test]
fn a_cut_stream_at_the_end_is_refused_once_behind_its_whole_rows() {
    for (name, codec, packed) in [
        ("a.gz", "gzip", gzip(text().as_bytes())),
        ("a.zst", "zstd", zstd(text().as_bytes())),
    ] {
        let mut feed = lines_feed("cut", "a.*");
        feed.dir.write(name, &packed[..packed.len() / 2]);
        let got = feed.drain(true);
        assert!(got.rows.len() > 5000 && text().starts_with(&(got.rows.join("\n") + "\n")));
        let place = format!("{}:{}", feed.place(name), got.rows.len() + 1);
        assert_eq!(got.refused, [(place, format!("{codec} stream ends early"))]);
        assert_eq!(feed.drain(true), Got::default());
        feed.restart();
        assert_eq!(feed.drain(true), Got::default());
        feed.dir.append(name, &packed[packed.len() / 2..]);
        let rest = feed.last_rows();
        assert_eq!(got.rows.len() + rest.len(), 30_000);
    }
}

#[test]
fn a_corrupt_stream_is_refused_once_and_stops_nobody_else() {
    for (name, packed) in [
        ("a.gz", gzip(text().as_bytes())),
        ("a.zst", zstd(text().as_bytes())),
    ] {
        let mut feed = lines_feed("corrupt", "*");
        let mut bytes = packed.clone();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 64].fill(0xff);
        feed.dir.write(name, &bytes);
        feed.dir.write("b", "b\n");
        let got = feed.drain(false);
        assert_eq!(got.rows.last().map(String::as_str), Some("b"));
        assert_eq!(got.refused.len(), 1, "{got:?}");
        assert!(got.refused[0].1.contains("corrupt behind byte"), "{got:?}");
        feed.restart();
        assert_eq!(feed.drain(false), Got::default());
        feed.dir.write(name, &packed);
        let rows = feed.rows();
        assert_eq!(rows.last().map(String::as_str), text().lines().last());
    }
    let mut feed = lines_feed("not-gzip", "*");
    feed.dir.write("a.gz", "plain text\n");
    assert_eq!(feed.drain(false).refused.len(), 1);
}

#[test]
fn a_path_that_matches_nothing_may_come_or_is_an_error_at_the_end() {
    let mut feed = lines_feed("nothing", "*.csv");
    assert!(feed.rows().is_empty());
    let error = feed.poll(true).expect_err("no file");
    assert_eq!(error.kind, SourceErrorKind::FixConfig);
    assert!(error.cause.contains("no file matches"), "{error}");
    feed.dir.write("a.csv", "1\n");
    assert_eq!(feed.last_rows(), ["1"]);
}

#[test]
fn finish_that_comes_within_a_sweep_takes_what_the_sweep_left() {
    let mut feed = lines_feed("finish-late", "*");
    feed.dir.write("a", "1\n2");
    feed.dir.write("b", "3\n");
    assert!(matches!(feed.poll(false), Ok(Poll::Piece(_))));
    assert_eq!(feed.last_rows(), ["3", "2"]);
}

#[test]
fn a_foreign_cursor_is_told() {
    let mut feed = lines_feed("foreign", "*");
    let error = feed
        .restart_at(Some(b"\xffrubbish".to_vec()), None)
        .expect_err("foreign");
    assert_eq!(error.kind, SourceErrorKind::BadCursor);
}

#[test]
fn a_bounded_read_gives_the_same_rows_and_ends() {
    let mut feed = Feed::new("bounded", "*", WITH_HEADER);
    feed.config.chunk_bytes = 64;
    feed.restart();
    let rows =
        |from: usize, to: usize| -> String { (from..to).map(|n| format!("row {n}\n")).collect() };
    feed.dir.write("a", format!("key\n{}", rows(0, 100)));
    let first = feed.rows();
    let middle = feed.cursor.clone();
    feed.dir.append("a", rows(100, 150));
    feed.dir.write(
        "b.gz",
        gzip(format!("key\n{}tail", rows(200, 300)).as_bytes()),
    );
    let second = feed.last_rows();
    let end = feed.cursor.clone();
    // What comes behind the bound is not read.
    feed.dir.append("a", rows(900, 950));
    feed.dir.write("c", "key\n1\n");

    feed.restart_at(None, end.clone()).expect("opened");
    let all: Vec<String> = first.iter().chain(&second).cloned().collect();
    assert_eq!(feed.last_rows(), all);
    assert!(matches!(feed.poll(false), Ok(Poll::Ended)));
    feed.restart_at(middle.clone(), end.clone())
        .expect("opened");
    assert_eq!(feed.rows(), second);
    feed.restart_at(None, middle.clone()).expect("opened");
    assert_eq!(feed.rows(), first);

    // Rotated and compressed since, it is still the same content.
    let bytes = std::fs::read(feed.dir.path("a")).expect("read");
    feed.dir.write("a.1.gz", gzip(&bytes));
    feed.dir.remove("a");
    feed.restart_at(middle, end.clone()).expect("opened");
    assert_eq!(feed.rows(), second);

    feed.dir.write("a.1.gz", gzip(b"key\nother\n"));
    feed.restart_at(None, end).expect("opened");
    let error = feed.poll(false).expect_err("changed");
    assert_eq!(error.kind, SourceErrorKind::FixConfig);
    assert!(error.doing.contains(&feed.place("a")), "{error}");
}

#[test]
fn a_large_file_changed_in_its_middle_as_it_grows_is_found_when_quiet() {
    let mut feed = lines_feed("large", "a");
    feed.config.settle = Duration::from_secs(10);
    let mut content = "0123456789abcde\n".repeat((64 << 16) + 10).into_bytes();
    feed.dir.write("a", &content);
    assert_eq!(feed.rows().len(), (64 << 16) + 10);
    content[1 << 20] = b'X';
    content.extend_from_slice(b"last\n");
    feed.dir.write("a", &content);
    assert_eq!(feed.rows(), ["last"]);
    feed.settle();
    assert_eq!(feed.rows().len(), (64 << 16) + 11);
    // At the end there is no later time to find it.
    content[2 << 20] = b'X';
    content.extend_from_slice(b"more\n");
    feed.dir.write("a", &content);
    assert_eq!(feed.last_rows().len(), (64 << 16) + 12);
}

#[test]
fn each_cursor_of_many_files_goes_on_right_behind_its_piece() {
    let mut feed = lines_feed("many", "*");
    feed.config.chunk_bytes = 16;
    feed.restart();
    for file in 0..12 {
        let rows: String = (0..8).map(|row| format!("{file:02} {row}\n")).collect();
        feed.dir.write(&format!("{file:02}"), rows);
    }
    let mut cursors = Vec::new();
    let mut all = Got::default();
    while let Poll::Piece(piece) = feed.poll(false).expect("readable") {
        all.add(&piece);
        cursors.push((piece.cursor, all.rows.len()));
    }
    assert_eq!(all.rows.len(), 96);
    for (cursor, taken) in cursors {
        feed.restart_at(Some(cursor), None).expect("opened");
        assert_eq!(feed.rows(), all.rows[taken..]);
    }
    // One that changed in the middle of the order is in the cursor too.
    feed.dir.append("05", "new\n");
    assert_eq!(feed.rows(), ["new"]);
    feed.restart();
    assert!(feed.rows().is_empty());
}

#[test]
fn a_bounded_read_gives_the_same_refusals_and_snapshot_ends() {
    let mut feed = Feed::new("bounded-more", "*", SNAPSHOT);
    feed.config.line_bytes_max = 50;
    feed.config.chunk_bytes = 20;
    feed.restart();
    let long = "l".repeat(200);
    feed.dir.write("a", format!("key\n1\n{long}\n2\n"));
    let packed = gzip(format!("key\n{}", text()).as_bytes());
    feed.dir.write("b.gz", &packed[..packed.len() / 2]);
    feed.dir.write("c", format!("key\n3\n{long}"));
    let first = feed.drain(true);
    assert_eq!((first.refused.len(), feed.snapshot_ends), (3, 2));
    let end = feed.cursor.clone();
    feed.dir.append("c", "still the long one\n4\n");
    feed.restart_at(None, end).expect("opened");
    assert_eq!(feed.drain(false), first);
    assert_eq!(feed.snapshot_ends, 4);
}
