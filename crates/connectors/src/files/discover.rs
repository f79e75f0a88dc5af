//! Which files the configured paths name right now. Reads directories, not files.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::mark::Stat;
use super::pattern::{is_pattern, matches_segment};
use super::problem::Problem;

/// Endings of names under which other programs write before they rename; a configured directory
/// leaves them out, as it does hidden files. A pattern that names them takes them.
const TEMPORARY_ENDINGS: [&str; 6] = [".tmp", ".temp", ".part", ".partial", ".swp", "~"];

/// What the configured paths name.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Each file by the path that it was found under.
    pub(super) files: BTreeMap<Arc<str>, Stat>,
    /// What could not be looked at.
    pub(super) problems: Vec<Problem>,
    /// Configured paths that name nothing.
    pub(super) unmatched: Vec<String>,
}

/// Looks for the files that `paths` name: files, directories (their own files) and glob patterns.
pub(super) fn discover(paths: &[String]) -> Found {
    let mut found = Found::default();
    for path in paths {
        let before = (found.files.len(), found.problems.len());
        let mut matches = Vec::new();
        let is_literal = !is_pattern(path) || fs::symlink_metadata(path).is_ok();
        if is_literal {
            find_literal(path, &mut matches, &mut found.problems);
        } else {
            find_pattern(path, &mut matches, &mut found.problems);
        }
        if matches.is_empty() && before.1 == found.problems.len() {
            found.unmatched.push(path.clone());
        }
        found.files.extend(matches);
    }
    found
}

/// The regular files of a directory by name, with what they are.
pub(super) fn list_files(directory: &Path) -> io::Result<Vec<(PathBuf, Stat)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        // Gone since it was listed, or a link to nothing: not there.
        if let Ok(metadata) = fs::metadata(&path)
            && metadata.is_file()
        {
            files.push((path, Stat::of(&metadata)));
        }
    }
    Ok(files)
}

fn find_literal(path: &str, matches: &mut Vec<(Arc<str>, Stat)>, problems: &mut Vec<Problem>) {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        Err(error) => return problems.push(Problem::io(format!("look at {path}"), &error)),
    };
    if metadata.is_file() {
        matches.push((Arc::from(path), Stat::of(&metadata)));
    } else if metadata.is_dir() {
        match list_files(Path::new(path)) {
            Ok(files) => {
                for (file, stat) in files {
                    let Some(name) = file_name(&file) else {
                        problems.push(not_text(&file));
                        continue;
                    };
                    let is_temporary = TEMPORARY_ENDINGS.iter().any(|end| name.ends_with(end));
                    if !name.starts_with('.') && !is_temporary {
                        push_match(&file, stat, matches, problems);
                    }
                }
            }
            Err(error) => problems.push(Problem::io(format!("list {path}"), &error)),
        }
    } else {
        problems.push(Problem::fix(
            format!("open {path}"),
            "neither a file nor a directory",
            Some("name a regular file"),
        ));
    }
}

fn find_pattern(pattern: &str, matches: &mut Vec<(Arc<str>, Stat)>, problems: &mut Vec<Problem>) {
    let segments: Vec<&str> = pattern.split('/').collect();
    let literal = segments
        .iter()
        .take_while(|segment| !is_pattern(segment))
        .count();
    let base: PathBuf = match literal {
        0 => PathBuf::new(),
        1 if segments[0].is_empty() => PathBuf::from("/"),
        _ => PathBuf::from(segments[..literal].join("/")),
    };
    walk(&base, &segments[literal..], matches, problems);
}

fn walk(
    directory: &Path,
    segments: &[&str],
    matches: &mut Vec<(Arc<str>, Stat)>,
    problems: &mut Vec<Problem>,
) {
    let Some((&segment, later)) = segments.split_first() else {
        return;
    };
    if segment == "**" {
        walk(
            directory,
            if later.is_empty() { &["*"] } else { later },
            matches,
            problems,
        );
    }
    let here = if directory.as_os_str().is_empty() {
        Path::new(".")
    } else {
        directory
    };
    let entries = match fs::read_dir(here) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        Err(error) => {
            return problems.push(Problem::io(format!("list {}", here.display()), &error));
        }
    };
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                return problems.push(Problem::io(format!("list {}", here.display()), &error));
            }
        };
        let path = directory.join(entry.file_name());
        let Some(name) = file_name(&path) else {
            problems.push(not_text(&path));
            continue;
        };
        // `**` does not follow links to directories, which may lead back.
        if segment == "**" {
            let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_directory && !name.starts_with('.') {
                walk(&path, segments, matches, problems);
            }
            continue;
        }
        if !matches_segment(segment, name) {
            continue;
        }
        let Ok(metadata) = fs::metadata(&path) else {
            continue;
        };
        if !later.is_empty() {
            if metadata.is_dir() {
                walk(&path, later, matches, problems);
            }
        } else if metadata.is_file() {
            push_match(&path, Stat::of(&metadata), matches, problems);
        } else if metadata.is_dir() && segment != "*" {
            problems.push(Problem::fix(
                format!("open {}", path.display()),
                "a directory where a file was meant",
                Some("end the pattern with /* to take the directory's files"),
            ));
        }
    }
}

fn push_match(
    path: &Path,
    stat: Stat,
    matches: &mut Vec<(Arc<str>, Stat)>,
    problems: &mut Vec<Problem>,
) {
    match path.to_str() {
        Some(text) => matches.push((Arc::from(text), stat)),
        None => problems.push(not_text(path)),
    }
}

fn file_name(path: &Path) -> Option<&str> {
    path.file_name().and_then(|name| name.to_str())
}

fn not_text(path: &Path) -> Problem {
    Problem::fix(
        format!("read {}", path.display()),
        "the file's name is not UTF-8",
        Some("rename it"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::scratch::TempDir;
    use super::*;

    fn names(dir: &TempDir, pattern: &str) -> Vec<String> {
        let found = discover(&[dir.path(pattern)]);
        let root = dir.path("");
        let names = found.files.keys();
        names
            .map(|name| name.strip_prefix(&root).expect("below").to_owned())
            .collect()
    }

    #[test]
    fn files_directories_and_patterns_are_found() {
        let dir = TempDir::new("discover");
        fs::create_dir_all(dir.path("x/y.d/z")).expect("made");
        for name in [
            "b.csv",
            "a.csv",
            ".h.csv",
            "c.csv.tmp",
            "x/d.csv",
            "x/y.d/z/e.csv",
        ] {
            dir.write(name, "1\n");
        }
        assert_eq!(names(&dir, ""), ["a.csv", "b.csv"]);
        assert_eq!(names(&dir, "a.csv"), ["a.csv"]);
        assert_eq!(names(&dir, "*.csv"), ["a.csv", "b.csv"]);
        assert_eq!(names(&dir, "*/*.csv"), ["x/d.csv"]);
        let all = ["a.csv", "b.csv", "x/d.csv", "x/y.d/z/e.csv"];
        assert_eq!(names(&dir, "**/*.csv"), all);
        assert_eq!(names(&dir, "x/**"), ["x/d.csv", "x/y.d/z/e.csv"]);
        assert!(names(&dir, "no/*.csv").is_empty());
    }

    #[test]
    fn what_is_not_there_or_not_a_file_is_said() {
        let dir = TempDir::new("discover-problems");
        fs::create_dir_all(dir.path("sub.csv")).expect("made");
        dir.write("file", "1\n");
        let paths = [dir.path("none"), dir.path("*.csv"), dir.path("file/*")];
        let found = discover(&paths);
        assert_eq!(found.unmatched, [dir.path("none")]);
        let causes: Vec<&str> = found.problems.iter().map(|it| it.cause.as_str()).collect();
        assert_eq!(causes[0], "a directory where a file was meant");
        assert_eq!(
            found.problems[1].doing,
            format!("list {}", dir.path("file"))
        );
        assert_eq!(causes.len(), 2);
    }

    #[test]
    fn a_name_that_is_not_text_is_said_and_the_others_are_found() {
        use std::os::unix::ffi::OsStrExt;
        let dir = TempDir::new("discover-bytes");
        dir.write("a.csv", "1\n");
        let name = std::ffi::OsStr::from_bytes(b"\xff.csv");
        fs::write(Path::new(&dir.path("")).join(name), "1\n").expect("written");
        for pattern in ["", "*.csv"] {
            let found = discover(&[dir.path(pattern)]);
            assert_eq!(found.files.len(), 1);
            assert_eq!(found.problems[0].cause, "the file's name is not UTF-8");
        }
    }

    #[test]
    fn a_name_with_pattern_characters_is_found_as_it_stands() {
        let dir = TempDir::new("discover-literal");
        dir.write("a[1].csv", "1\n");
        assert_eq!(names(&dir, "a[1].csv"), ["a[1].csv"]);
    }
}
