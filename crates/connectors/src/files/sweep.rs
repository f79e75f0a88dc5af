//! Brings the followed files in line with what is on disk: finds new ones, follows renamed, rotated and
//! compressed ones, forgets deleted ones, and lists those to read. Reads files only to recognise them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use freehold_kernel::time::Millis;

use super::FileSourceConfig;
use super::discover::{discover, list_files};
use super::mark::{Mark, Stat};
use super::opening::detect_codec;
use super::problem::Problem;
use super::reader::{Cutting, Depth, RowReader};
use super::stream::{Codec, compressed_stem};
use super::tracked::Tracked;

/// The followed files by path.
pub(super) type Files = BTreeMap<Arc<str>, Tracked>;

/// One look at the disk.
pub(super) struct Sweep<'a> {
    pub(super) config: &'a FileSourceConfig,
    pub(super) cutting: Cutting,
    pub(super) now: Millis,
    pub(super) finish: bool,
}

impl Sweep<'_> {
    /// Updates `files`; returns those to read, in order of name, and adds what went wrong.
    pub(super) fn run(&self, files: &mut Files, problems: &mut Vec<Problem>) -> Vec<Arc<str>> {
        let found = discover(&self.config.paths);
        problems.extend(found.problems);
        if self.finish {
            problems.extend(found.unmatched.iter().map(|path| {
                let hint = Some("check the path, and that the files are there");
                let cause = format!("no file matches {path}");
                Problem::fix(format!("find {path}"), cause, hint)
            }));
        }
        let mut unclaimed = found.files;
        let mut lost = Vec::new();
        let names: Vec<Arc<str>> = files.keys().cloned().collect();
        for name in names {
            let stat = unclaimed.get(&name).copied();
            let stat = stat.or_else(|| stat_file(&name));
            let is_here = files.get_mut(&name).is_some_and(|file| {
                let stat = stat.filter(|stat| file.is_likely(*stat));
                if let Some(stat) = stat {
                    file.see(stat, self.now);
                }
                stat.is_some()
            });
            if is_here {
                unclaimed.remove(&name);
            } else if let Some(file) = files.remove(&name) {
                lost.push((name, file));
            }
        }
        if !lost.is_empty() {
            self.find_lost(lost, files, &mut unclaimed);
        }
        self.take_new(unclaimed, files);
        self.list(files, problems)
    }

    /// Looks for files that are not where they were, or not as they were: by their identity, then under
    /// their name, then by their content. Each step is done for all before the next, as names are passed
    /// on in rotation.
    fn find_lost(
        &self,
        lost: Vec<(Arc<str>, Tracked)>,
        files: &mut Files,
        unclaimed: &mut BTreeMap<Arc<str>, Stat>,
    ) {
        let found = unclaimed.clone();
        let mut place = |files: &mut Files, path: Arc<str>, mut file: Tracked, stat: Stat| {
            unclaimed.remove(&path);
            file.see(stat, self.now);
            files.insert(path, file);
        };
        let mut unmoved = Vec::new();
        for (name, file) in lost {
            let is_here = stat_file(&name).is_some_and(|stat| stat.is_same_file(file.stat));
            let moved = (!is_here).then(|| self.find_moved(&name, &file, files, &found));
            match moved.flatten() {
                Some((path, stat)) => place(files, path, file, stat),
                None => unmoved.push((name, file)),
            }
        }
        let mut homeless = Vec::new();
        for (name, mut file) in unmoved {
            let stat = stat_file(&name).filter(|_| !files.contains_key(&name));
            let Some(stat) = stat else {
                homeless.push((name, file));
                continue;
            };
            let depth = file.comparison(stat, self.now, false);
            match self.begins_as(&name, &file.mark, depth) {
                Ok(true) => {
                    file.confirm(stat, depth, self.now, false);
                    place(files, name, file, stat);
                }
                Ok(false) => homeless.push((name, file)),
                // It cannot be read: that is reported when it is to be read on, and nothing is forgotten.
                Err(_) => place(files, name, file, stat),
            }
        }
        let mut without_copy = Vec::new();
        for (name, mut file) in homeless {
            match self.find_copy(&name, &file.mark, files) {
                Some((path, stat)) => {
                    file.confirm(stat, Depth::Whole, self.now, false);
                    place(files, path, file, stat);
                }
                None => without_copy.push((name, file)),
            }
        }
        for (name, mut file) in without_copy {
            if files.contains_key(&name) {
                continue;
            }
            if let Some(stat) = stat_file(&name) {
                file.restart(stat);
                place(files, name, file, stat);
                continue;
            }
            // A rename under way may hide a file for an instant.
            let since = *file.missing_since.get_or_insert(self.now);
            let settle = Millis::try_from(self.config.settle.as_millis());
            let is_gone =
                self.finish || settle.is_ok_and(|settle| self.now.saturating_sub(since) >= settle);
            if !is_gone {
                files.insert(name, file);
            }
        }
    }

    /// The file `file` under another name, by its inode and its beginning.
    fn find_moved(
        &self,
        name: &str,
        file: &Tracked,
        files: &Files,
        found: &BTreeMap<Arc<str>, Stat>,
    ) -> Option<(Arc<str>, Stat)> {
        let is_it = |path: &Arc<str>, stat: &Stat| {
            let is_same = stat.is_same_file(file.stat) && stat.size >= file.stat.size;
            is_same && !files.contains_key(path)
        };
        let known = found.iter().find(|(path, stat)| is_it(path, stat));
        let moved = match known {
            Some((path, stat)) => Some((Arc::clone(path), *stat)),
            None => siblings(name)
                .into_iter()
                .find(|(path, stat)| is_it(path, stat)),
        };
        moved.filter(|(path, _)| {
            let begins = self.begins_as(path, &file.mark, Depth::Ends);
            begins.unwrap_or(false)
        })
    }

    /// A file beside `name` whose content begins with what was consumed under `mark`: the same one
    /// compressed, or copied away before it was truncated.
    pub(super) fn find_copy(
        &self,
        name: &str,
        mark: &Mark,
        files: &Files,
    ) -> Option<(Arc<str>, Stat)> {
        if mark.offset == 0 {
            return None;
        }
        let stem = stem(name);
        siblings(name).into_iter().find(|(path, _)| {
            let is_free = files.get(path).is_none_or(Tracked::is_untouched);
            &**path != name
                && is_free
                && file_name(path).starts_with(stem)
                && self.begins_as(path, mark, Depth::Whole).unwrap_or(false)
        })
    }

    /// Whether the file at `path` begins with what was consumed under `mark`.
    pub(super) fn begins_as(&self, path: &str, mark: &Mark, depth: Depth) -> io::Result<bool> {
        let file = File::open(path)?;
        let codec = detect_codec(&file, path, self.config.compression)?;
        let codec = codec.unwrap_or(Codec::Plain);
        Ok(RowReader::resume(file, codec, self.cutting, mark, depth)?.is_some())
    }

    fn take_new(&self, unclaimed: BTreeMap<Arc<str>, Stat>, files: &mut Files) {
        let mut known: BTreeSet<(u64, u64)> = BTreeSet::new();
        for file in files.values().filter(|file| file.missing_since.is_none()) {
            known.insert((file.stat.device, file.stat.inode));
        }
        for (name, stat) in unclaimed {
            // One file under two names, by a link, is one file.
            if known.insert((stat.device, stat.inode)) {
                let mut file = Tracked::new(Mark::start(stat));
                file.see(stat, self.now);
                files.insert(name, file);
            }
        }
    }

    fn list(&self, files: &Files, problems: &mut Vec<Problem>) -> Vec<Arc<str>> {
        let mut queue = Vec::new();
        for (name, file) in files {
            if file.missing_since.is_some() {
                continue;
            }
            if let Some(problem) = &file.problem {
                problems.push(problem.clone());
                continue;
            }
            let rule = file.rule(self.now, self.config.settle, self.finish);
            // While a file is being compressed, both are there; they are one once the plain one has gone.
            let waits_for_plain = !rule.is_quiet() && file.is_untouched() && {
                let stem = compressed_stem(name).map(|(stem, _)| stem);
                stem.and_then(|stem| files.get(stem))
                    .is_some_and(|plain| !plain.is_untouched())
            };
            if !waits_for_plain && file.needs_reading(rule) {
                queue.push(Arc::clone(name));
            }
        }
        queue
    }
}

/// What the file at `path` looks like; `None` when there is none.
pub(super) fn stat_file(path: &str) -> Option<Stat> {
    let metadata = fs::metadata(path).ok()?;
    metadata.is_file().then(|| Stat::of(&metadata))
}

/// The files in the directory of `name`, in order of name, by paths of the same form.
fn siblings(name: &str) -> Vec<(Arc<str>, Stat)> {
    let parent = Path::new(name).parent().unwrap_or(Path::new(""));
    let listed = if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    };
    let files = list_files(listed).unwrap_or_default();
    let paths = files.into_iter().filter_map(|(path, stat)| {
        let path: PathBuf = parent.join(path.file_name()?);
        Some((Arc::from(path.to_str()?), stat))
    });
    let mut paths: Vec<(Arc<str>, Stat)> = paths.collect();
    paths.sort_by(|(one, _), (other, _)| one.cmp(other));
    paths
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What rotation and compression leave of a file's name: up to its first dot.
fn stem(path: &str) -> &str {
    let name = file_name(path);
    let end = name
        .char_indices()
        .find(|(at, byte)| *at > 0 && *byte == '.');
    end.map_or(name, |(at, _)| &name[..at])
}
