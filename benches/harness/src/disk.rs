//! What the disk can do: how often a second it makes one page durable.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::Failure;

const PAGE_BYTES: usize = 4096;
const PAGES: u64 = 1000;

/// Waits until the files of a folder are on the disk, so that what is measured next does not compete with that.
pub fn settle(folder: &Path) -> Result<(), Failure> {
    for entry in folder.read_dir()? {
        File::open(entry?.path())?.sync_all()?;
    }
    Ok(())
}

/// Overwrites one page after the other of a file that has its full size already, each followed by `fdatasync`, for this
/// long. Returns how often a second: no store that is durable before it answers one caller can be faster.
pub fn syncs_per_second(folder: &Path, time: Duration) -> Result<f64, Failure> {
    let path = folder.join("fsync-probe");
    let page = vec![0x5a_u8; PAGE_BYTES];
    let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
    if file.metadata()?.len() < PAGES * PAGE_BYTES as u64 {
        for _ in 0..PAGES {
            file.write_all(&page)?;
        }
        file.sync_all()?;
    }
    let started = Instant::now();
    let mut syncs = 0_u64;
    while started.elapsed() < time {
        file.seek(SeekFrom::Start((syncs % PAGES) * PAGE_BYTES as u64))?;
        file.write_all(&page)?;
        file.sync_data()?;
        syncs += 1;
    }
    Ok(syncs as f64 / started.elapsed().as_secs_f64())
}
