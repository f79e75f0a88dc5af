//! A disk in memory on which only synced writes are safe. At a chosen I/O point it fails: the process is
//! killed, the power goes (unsynced writes survive in any subset, torn at any byte), or the disk refuses.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

use super::random::Random;
use crate::disk::Disk;

/// How an I/O point fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The process is killed; what it wrote is with the operating system.
    Kill,
    /// The power goes: of unsynced writes any subset survives, the last one torn.
    PowerLoss,
    /// The disk is full: this write is refused, and all that follow.
    Full,
    /// The disk fails: this operation is refused, and all that follow.
    Broken,
    /// The disk lies: from here on it says that writes are safe, and some operations later the power goes.
    LostSync,
    /// While the machine is off, one bit of one file turns.
    BitRot,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 6] = [
        Self::Kill,
        Self::PowerLoss,
        Self::Full,
        Self::Broken,
        Self::LostSync,
        Self::BitRot,
    ];

    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::PowerLoss => "power loss",
            Self::Full => "disk full",
            Self::Broken => "I/O error",
            Self::LostSync => "lost sync",
            Self::BitRot => "bit rot",
        }
    }

    /// Whether what the disk holds afterwards may be other than what it said was safe.
    #[must_use]
    pub fn is_lie(self) -> bool {
        matches!(self, Self::LostSync | Self::BitRot)
    }
}

/// How often each fault fired.
pub type FaultCounts = BTreeMap<Fault, u64>;

#[derive(Debug)]
enum Unsynced {
    Write { offset: u64, data: Vec<u8> },
    SetLen(u64),
}

#[derive(Debug, Default)]
struct File {
    durable: Vec<u8>,
    seen: Vec<u8>,
    unsynced: Vec<Unsynced>,
}

#[derive(Debug)]
struct World {
    files: BTreeMap<String, File>,
    random: Random,
    /// Counts up with each restart; backends of before are dead.
    incarnation: u64,
    fails_in: Option<(u64, Fault)>,
    /// The disk lies since, and will fail after so many more operations.
    lies_for: Option<u64>,
    failed: Option<Fault>,
    fired: FaultCounts,
    operations: u64,
}

/// The disk.
#[derive(Debug, Clone)]
pub struct FaultyDisk {
    world: Arc<Mutex<World>>,
}

impl FaultyDisk {
    /// An empty disk whose losses follow from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let world = World {
            files: BTreeMap::new(),
            random: Random::new(seed),
            incarnation: 0,
            fails_in: None,
            lies_for: None,
            failed: None,
            fired: FaultCounts::new(),
            operations: 0,
        };
        Self {
            world: Arc::new(Mutex::new(world)),
        }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the I/O point after `operations` more fail.
    pub fn fail_in(&self, operations: u64, fault: Fault) {
        self.world().fails_in = Some((operations, fault));
    }

    /// Lets nothing fail any more.
    pub fn behave(&self) {
        self.world().fails_in = None;
    }

    /// There is room again, or the disk works again: what was refused may be tried again.
    pub fn mend(&self) {
        let mut world = self.world();
        if matches!(world.failed, Some(Fault::Full | Fault::Broken)) {
            world.failed = None;
        }
    }

    /// Forgets every file, as a new data directory.
    pub fn wipe(&self) {
        self.world().files.clear();
    }

    /// The fault that fired since the last restart.
    #[must_use]
    pub fn failed(&self) -> Option<Fault> {
        self.world().failed
    }

    /// How often each fault fired.
    #[must_use]
    pub fn fired(&self) -> FaultCounts {
        self.world().fired.clone()
    }

    /// How many I/O operations there were.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.world().operations
    }

    /// The machine comes up again: decides what survived, and gives up backends of before.
    pub fn restart(&self) {
        let mut world = self.world();
        let power_lost = matches!(world.failed, Some(Fault::PowerLoss | Fault::LostSync));
        let rots = world.failed == Some(Fault::BitRot);
        world.lies_for = None;
        world.incarnation += 1;
        world.failed = None;
        world.fails_in = None;
        let World { files, random, .. } = &mut *world;
        for file in files.values_mut() {
            let unsynced = std::mem::take(&mut file.unsynced);
            if power_lost {
                for operation in unsynced {
                    match operation {
                        Unsynced::SetLen(len) => file.durable.resize(len as usize, 0),
                        Unsynced::Write { offset, data } => {
                            let kept = match random.below(3) {
                                0 => 0,
                                1 => random.below(data.len() as u64 + 1) as usize,
                                _ => data.len(),
                            };
                            put(&mut file.durable, offset, &data[..kept]);
                        }
                    }
                }
                file.seen = file.durable.clone();
            } else {
                file.durable = file.seen.clone();
            }
        }
        if rots {
            world.turn_a_bit();
        }
    }

    /// While the machine is off, one bit turns in the file `name`, beside a place where it holds `pattern`.
    pub fn rot_beside(&self, name: &str, pattern: &[u8]) {
        let mut world = self.world();
        let World { files, random, .. } = &mut *world;
        let Some(file) = files.get_mut(name) else {
            return;
        };
        let windows = file.durable.windows(pattern.len()).enumerate();
        let places: Vec<usize> = windows
            .filter(|(_, window)| *window == pattern)
            .map(|(at, _)| at + pattern.len())
            .collect();
        if places.is_empty() {
            return;
        }
        let place = places[random.below(places.len() as u64) as usize];
        if let Some(byte) = file.durable.get_mut(place) {
            *byte ^= 1 << random.below(8);
        }
        file.seen = file.durable.clone();
        *world.fired.entry(Fault::BitRot).or_insert(0) += 1;
    }

    /// While the machine is off, one bit of one file turns.
    pub fn rot(&self) {
        let mut world = self.world();
        *world.fired.entry(Fault::BitRot).or_insert(0) += 1;
        world.turn_a_bit();
    }
}

impl World {
    fn turn_a_bit(&mut self) {
        let Self { files, random, .. } = self;
        let number = random.below(files.len().max(1) as u64) as usize;
        if let Some(file) = files.values_mut().nth(number) {
            let at = random.below(file.durable.len().max(1) as u64) as usize;
            // Most of a small file is room that was never used: the next byte that holds something.
            let used = file.durable.iter().skip(at).position(|byte| *byte != 0);
            if let Some(byte) = used.and_then(|used| file.durable.get_mut(at + used)) {
                *byte ^= 1 << random.below(8);
            }
            file.seen = file.durable.clone();
        }
    }
}

fn put(file: &mut Vec<u8>, offset: u64, data: &[u8]) {
    let end = offset as usize + data.len();
    if data.is_empty() {
        return;
    }
    if file.len() < end {
        file.resize(end, 0);
    }
    file[offset as usize..end].copy_from_slice(data);
}

impl Disk for FaultyDisk {
    fn open(&self, name: &str) -> std::io::Result<Box<dyn StorageBackend>> {
        let mut world = self.world();
        world.files.entry(name.to_owned()).or_default();
        let incarnation = world.incarnation;
        Ok(Box::new(FaultyFile {
            world: Arc::clone(&self.world),
            name: name.to_owned(),
            incarnation,
        }))
    }

    fn boxed(&self) -> Box<dyn Disk> {
        Box::new(self.clone())
    }

    fn path(&self, name: &str) -> String {
        format!("simulated/{name}")
    }

    fn has(&self, name: &str) -> bool {
        self.world().files.contains_key(name)
    }

    fn rename(&self, from: &str, to: &str) -> std::io::Result<()> {
        let mut world = self.world();
        if let Some(fault) = world.failed {
            return Err(refusal(fault));
        }
        let file = world
            .files
            .remove(from)
            .ok_or(std::io::ErrorKind::NotFound)?;
        world.files.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, name: &str) -> std::io::Result<()> {
        self.world().files.remove(name);
        Ok(())
    }
}

#[derive(Debug)]
struct FaultyFile {
    world: Arc<Mutex<World>>,
    name: String,
    incarnation: u64,
}

impl FaultyFile {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an I/O point and lets it fail if its time has come.
    fn file<T>(&self, writes: bool, work: impl FnOnce(&mut File) -> T) -> std::io::Result<T> {
        let mut world = self.world();
        if world.incarnation != self.incarnation {
            return Err(std::io::Error::other(
                "the process that had this file open is gone",
            ));
        }
        if let Some(fault) = world.failed {
            return Err(refusal(fault));
        }
        if writes {
            world.operations += 1;
            match world.lies_for {
                Some(0) => {
                    world.failed = Some(Fault::LostSync);
                    return Err(refusal(Fault::LostSync));
                }
                Some(left) => world.lies_for = Some(left - 1),
                None => {}
            }
            if let Some((left, fault)) = world.fails_in {
                if left > 0 {
                    world.fails_in = Some((left - 1, fault));
                } else {
                    world.fails_in = None;
                    *world.fired.entry(fault).or_insert(0) += 1;
                    if fault != Fault::LostSync {
                        world.failed = Some(fault);
                        return Err(refusal(fault));
                    }
                    let more = world.random.below(300);
                    world.lies_for = Some(more);
                }
            }
        }
        match world.files.get_mut(&self.name) {
            Some(file) => Ok(work(file)),
            None => Err(std::io::ErrorKind::NotFound.into()),
        }
    }
}

fn refusal(fault: Fault) -> std::io::Error {
    match fault {
        Fault::Full => std::io::ErrorKind::StorageFull.into(),
        Fault::Broken => std::io::Error::other("simulated I/O error"),
        Fault::Kill | Fault::PowerLoss | Fault::LostSync | Fault::BitRot => {
            std::io::Error::other("simulated crash")
        }
    }
}

impl StorageBackend for FaultyFile {
    fn len(&self) -> std::io::Result<u64> {
        self.file(false, |file| file.seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        self.file(false, |file| {
            let from = usize::try_from(offset).ok()?;
            out.copy_from_slice(file.seen.get(from..from.checked_add(out.len())?)?);
            Some(())
        })?
        .ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
    }

    fn set_len(&self, len: u64) -> std::io::Result<()> {
        self.file(true, |file| {
            file.seen.resize(len as usize, 0);
            file.unsynced.push(Unsynced::SetLen(len));
        })
    }

    fn sync_data(&self) -> std::io::Result<()> {
        let lies = self.world().lies_for.is_some();
        self.file(true, |file| {
            if lies {
                return;
            }
            for operation in std::mem::take(&mut file.unsynced) {
                match operation {
                    Unsynced::SetLen(len) => file.durable.resize(len as usize, 0),
                    Unsynced::Write { offset, data } => put(&mut file.durable, offset, &data),
                }
            }
        })
    }

    fn write(&self, offset: u64, data: &[u8]) -> std::io::Result<()> {
        self.file(true, |file| {
            put(&mut file.seen, offset, data);
            file.unsynced.push(Unsynced::Write {
                offset,
                data: data.to_vec(),
            });
        })
    }
}
