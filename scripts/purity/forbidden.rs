//! Everything that the kernel's clippy.toml refuses, one use a line, each marked with the name that clippy must say.
//! Not part of the kernel: scripts/check-kernel-purity.sh compiles it inside of a scratch copy.

#![allow(dead_code, unused_must_use, clippy::all)]
#![warn(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

type Seed = std::hash::BuildHasherDefault<xxhash_rust::xxh3::Xxh3>;

/// Clocks.
fn call_clocks() {
    let _ = std::time::Instant::now(); //~ std::time::Instant::now
    let _ = std::time::Instant::elapsed; //~ std::time::Instant::elapsed
    let _ = std::time::SystemTime::now(); //~ std::time::SystemTime::now
    let _ = std::time::SystemTime::elapsed; //~ std::time::SystemTime::elapsed
}

/// Disk.
fn call_disk() {
    let _ = std::fs::canonicalize::<&str>; //~ std::fs::canonicalize
    let _ = std::fs::create_dir::<&str>; //~ std::fs::create_dir
    let _ = std::fs::create_dir_all::<&str>; //~ std::fs::create_dir_all
    let _ = std::fs::exists::<&str>; //~ std::fs::exists
    let _ = std::fs::metadata::<&str>; //~ std::fs::metadata
    let _ = std::fs::read::<&str>; //~ std::fs::read
    let _ = std::fs::read_dir::<&str>; //~ std::fs::read_dir
    let _ = std::fs::read_link::<&str>; //~ std::fs::read_link
    let _ = std::fs::read_to_string::<&str>; //~ std::fs::read_to_string
    let _ = std::fs::remove_dir::<&str>; //~ std::fs::remove_dir
    let _ = std::fs::remove_dir_all::<&str>; //~ std::fs::remove_dir_all
    let _ = std::fs::remove_file::<&str>; //~ std::fs::remove_file
    let _ = std::fs::set_permissions::<&str>; //~ std::fs::set_permissions
    let _ = std::fs::symlink_metadata::<&str>; //~ std::fs::symlink_metadata
    let _ = std::fs::copy::<&str, &str>; //~ std::fs::copy
    let _ = std::fs::hard_link::<&str, &str>; //~ std::fs::hard_link
    let _ = std::fs::rename::<&str, &str>; //~ std::fs::rename
    let _ = std::fs::write::<&str, &str>; //~ std::fs::write
    let _ = std::path::Path::canonicalize; //~ std::path::Path::canonicalize
    let _ = std::path::Path::exists; //~ std::path::Path::exists
    let _ = std::path::Path::is_dir; //~ std::path::Path::is_dir
    let _ = std::path::Path::is_file; //~ std::path::Path::is_file
    let _ = std::path::Path::is_symlink; //~ std::path::Path::is_symlink
    let _ = std::path::Path::metadata; //~ std::path::Path::metadata
    let _ = std::path::Path::read_dir; //~ std::path::Path::read_dir
    let _ = std::path::Path::read_link; //~ std::path::Path::read_link
    let _ = std::path::Path::symlink_metadata; //~ std::path::Path::symlink_metadata
    let _ = std::path::Path::try_exists; //~ std::path::Path::try_exists
}

/// Environment and process.
fn call_environment_and_process() {
    let _ = std::env::args(); //~ std::env::args
    let _ = std::env::args_os(); //~ std::env::args_os
    let _ = std::env::current_dir(); //~ std::env::current_dir
    let _ = std::env::current_exe(); //~ std::env::current_exe
    let _ = std::env::home_dir(); //~ std::env::home_dir
    let _ = std::env::remove_var::<&str>; //~ std::env::remove_var
    let _ = std::env::set_current_dir::<&str>; //~ std::env::set_current_dir
    let _ = std::env::set_var::<&str, &str>; //~ std::env::set_var
    let _ = std::env::temp_dir(); //~ std::env::temp_dir
    let _ = std::env::var::<&str>; //~ std::env::var
    let _ = std::env::var_os::<&str>; //~ std::env::var_os
    let _ = std::env::vars(); //~ std::env::vars
    let _ = std::env::vars_os(); //~ std::env::vars_os
    let _ = std::process::abort as fn() -> !; //~ std::process::abort
    let _ = std::process::exit as fn(i32) -> !; //~ std::process::exit
    let _ = std::process::id(); //~ std::process::id
}

/// Terminal.
fn call_terminal() {
    let _ = std::io::stdin(); //~ std::io::stdin
    let _ = std::io::stdout(); //~ std::io::stdout
    let _ = std::io::stderr(); //~ std::io::stderr
}

/// Threads.
fn call_threads() {
    let _ = std::thread::available_parallelism(); //~ std::thread::available_parallelism
    let _ = std::thread::current(); //~ std::thread::current
    let _ = std::thread::park; //~ std::thread::park
    let _ = std::thread::park_timeout; //~ std::thread::park_timeout
    std::thread::scope(|_| {}); //~ std::thread::scope
    let _ = std::thread::sleep; //~ std::thread::sleep
    let _ = std::thread::spawn(|| {}); //~ std::thread::spawn
    std::thread::yield_now(); //~ std::thread::yield_now
}

/// Hash order: even the wrapper's table is never walked.
fn call_hash_order() {
    let _ = hashbrown::HashTable::<u32>::drain; //~ hashbrown::HashTable::drain
    hashbrown::HashTable::<u32>::new().extract_if(|_| true).for_each(drop); //~ hashbrown::HashTable::extract_if
    let _ = hashbrown::HashTable::<u32>::iter; //~ hashbrown::HashTable::iter
    let _ = hashbrown::HashTable::<u32>::iter_mut; //~ hashbrown::HashTable::iter_mut
    hashbrown::HashTable::<u32>::new().retain(|_| true); //~ hashbrown::HashTable::retain
}

/// Floating point beyond + - * / and square roots.
fn call_floating_point_beyond_and_square_roots() {
    let _ = f64::acos; //~ f64::acos
    let _ = f64::acosh; //~ f64::acosh
    let _ = f64::asin; //~ f64::asin
    let _ = f64::asinh; //~ f64::asinh
    let _ = f64::atan; //~ f64::atan
    let _ = f64::atan2; //~ f64::atan2
    let _ = f64::atanh; //~ f64::atanh
    let _ = f64::cbrt; //~ f64::cbrt
    let _ = f64::cos; //~ f64::cos
    let _ = f64::cosh; //~ f64::cosh
    let _ = f64::exp; //~ f64::exp
    let _ = f64::exp2; //~ f64::exp2
    let _ = f64::exp_m1; //~ f64::exp_m1
    let _ = f64::hypot; //~ f64::hypot
    let _ = f64::ln; //~ f64::ln
    let _ = f64::ln_1p; //~ f64::ln_1p
    let _ = f64::log; //~ f64::log
    let _ = f64::log10; //~ f64::log10
    let _ = f64::log2; //~ f64::log2
    let _ = f64::powf; //~ f64::powf
    let _ = f64::powi; //~ f64::powi
    let _ = f64::sin; //~ f64::sin
    let _ = f64::sin_cos; //~ f64::sin_cos
    let _ = f64::sinh; //~ f64::sinh
    let _ = f64::tan; //~ f64::tan
    let _ = f64::tanh; //~ f64::tanh
    let _ = f32::acos; //~ f32::acos
    let _ = f32::acosh; //~ f32::acosh
    let _ = f32::asin; //~ f32::asin
    let _ = f32::asinh; //~ f32::asinh
    let _ = f32::atan; //~ f32::atan
    let _ = f32::atan2; //~ f32::atan2
    let _ = f32::atanh; //~ f32::atanh
    let _ = f32::cbrt; //~ f32::cbrt
    let _ = f32::cos; //~ f32::cos
    let _ = f32::cosh; //~ f32::cosh
    let _ = f32::exp; //~ f32::exp
    let _ = f32::exp2; //~ f32::exp2
    let _ = f32::exp_m1; //~ f32::exp_m1
    let _ = f32::hypot; //~ f32::hypot
    let _ = f32::ln; //~ f32::ln
    let _ = f32::ln_1p; //~ f32::ln_1p
    let _ = f32::log; //~ f32::log
    let _ = f32::log10; //~ f32::log10
    let _ = f32::log2; //~ f32::log2
    let _ = f32::powf; //~ f32::powf
    let _ = f32::powi; //~ f32::powi
    let _ = f32::sin; //~ f32::sin
    let _ = f32::sin_cos; //~ f32::sin_cos
    let _ = f32::sinh; //~ f32::sinh
    let _ = f32::tan; //~ f32::tan
    let _ = f32::tanh; //~ f32::tanh
}

/// Clocks.
fn name_clocks() {
    let _: Option<std::time::Instant> = None; //~ std::time::Instant
    let _: Option<std::time::SystemTime> = None; //~ std::time::SystemTime
}

/// Disk.
fn name_disk() {
    let _: Option<std::fs::DirBuilder> = None; //~ std::fs::DirBuilder
    let _: Option<std::fs::DirEntry> = None; //~ std::fs::DirEntry
    let _: Option<std::fs::File> = None; //~ std::fs::File
    let _: Option<std::fs::OpenOptions> = None; //~ std::fs::OpenOptions
    let _: Option<std::fs::ReadDir> = None; //~ std::fs::ReadDir
}

/// Network.
fn name_network() {
    let _: Option<std::net::TcpListener> = None; //~ std::net::TcpListener
    let _: Option<std::net::TcpStream> = None; //~ std::net::TcpStream
    let _: Option<std::net::UdpSocket> = None; //~ std::net::UdpSocket
    let _: Option<std::os::unix::net::UnixDatagram> = None; //~ std::os::unix::net::UnixDatagram
    let _: Option<std::os::unix::net::UnixListener> = None; //~ std::os::unix::net::UnixListener
    let _: Option<std::os::unix::net::UnixStream> = None; //~ std::os::unix::net::UnixStream
    let _: Option<&dyn std::net::ToSocketAddrs<Iter = std::vec::IntoIter<std::net::SocketAddr>>> = None; //~ std::net::ToSocketAddrs
}

/// Processes.
fn name_processes() {
    let _: Option<std::process::Child> = None; //~ std::process::Child
    let _: Option<std::process::Command> = None; //~ std::process::Command
}

/// Threads and what they share.
fn name_threads_and_what_they_share() {
    let _: Option<std::thread::Builder> = None; //~ std::thread::Builder
    let _: Option<std::thread::JoinHandle<()>> = None; //~ std::thread::JoinHandle
    let _: Option<std::thread::LocalKey<u32>> = None; //~ std::thread::LocalKey
    let _: Option<std::thread::Thread> = None; //~ std::thread::Thread
    let _: Option<std::sync::Barrier> = None; //~ std::sync::Barrier
    let _: Option<std::sync::Condvar> = None; //~ std::sync::Condvar
    let _: Option<std::sync::LazyLock<u32>> = None; //~ std::sync::LazyLock
    let _: Option<std::sync::Mutex<u32>> = None; //~ std::sync::Mutex
    let _: Option<std::sync::Once> = None; //~ std::sync::Once
    let _: Option<std::sync::OnceLock<u32>> = None; //~ std::sync::OnceLock
    let _: Option<std::sync::RwLock<u32>> = None; //~ std::sync::RwLock
    let _: Option<std::sync::mpsc::Receiver<u32>> = None; //~ std::sync::mpsc::Receiver
    let _: Option<std::sync::mpsc::Sender<u32>> = None; //~ std::sync::mpsc::Sender
    let _: Option<std::sync::mpsc::SyncSender<u32>> = None; //~ std::sync::mpsc::SyncSender
    let _: Option<std::sync::atomic::AtomicBool> = None; //~ std::sync::atomic::AtomicBool
    let _: Option<std::sync::atomic::AtomicI8> = None; //~ std::sync::atomic::AtomicI8
    let _: Option<std::sync::atomic::AtomicI16> = None; //~ std::sync::atomic::AtomicI16
    let _: Option<std::sync::atomic::AtomicI32> = None; //~ std::sync::atomic::AtomicI32
    let _: Option<std::sync::atomic::AtomicI64> = None; //~ std::sync::atomic::AtomicI64
    let _: Option<std::sync::atomic::AtomicIsize> = None; //~ std::sync::atomic::AtomicIsize
    let _: Option<std::sync::atomic::AtomicU8> = None; //~ std::sync::atomic::AtomicU8
    let _: Option<std::sync::atomic::AtomicU16> = None; //~ std::sync::atomic::AtomicU16
    let _: Option<std::sync::atomic::AtomicU32> = None; //~ std::sync::atomic::AtomicU32
    let _: Option<std::sync::atomic::AtomicU64> = None; //~ std::sync::atomic::AtomicU64
    let _: Option<std::sync::atomic::AtomicUsize> = None; //~ std::sync::atomic::AtomicUsize
    let _: Option<std::sync::atomic::AtomicPtr<u32>> = None; //~ std::sync::atomic::AtomicPtr
}

/// Random sources.
fn name_random_sources() {
    let _: Option<std::hash::DefaultHasher> = None; //~ std::hash::DefaultHasher
    let _: Option<std::hash::RandomState> = None; //~ std::hash::RandomState
}

/// Hash order.
fn name_hash_order() {
    let _: Option<std::collections::HashMap<u32, u32, Seed>> = None; //~ std::collections::HashMap
    let _: Option<std::collections::HashSet<u32, Seed>> = None; //~ std::collections::HashSet
    let _: Option<hashbrown::HashMap<u32, u32, Seed>> = None; //~ hashbrown::HashMap
    let _: Option<hashbrown::HashSet<u32, Seed>> = None; //~ hashbrown::HashSet
    let _: Option<hashbrown::HashTable<u32>> = None; //~ hashbrown::HashTable
}

/// Macros.
fn expand() {
    let _ = env!("CARGO_PKG_NAME"); //~ std::env
    let _ = option_env!("HOME"); //~ std::option_env
    thread_local! { static COUNT: u32 = const { 0 }; } //~ std::thread_local
    print!("x"); //~ std::print
    println!("x"); //~ std::println
    eprint!("x"); //~ std::eprint
    eprintln!("x"); //~ std::eprintln
    dbg!(1); //~ std::dbg
}
