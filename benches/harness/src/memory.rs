//! What this process holds in memory.

use crate::Failure;

/// The resident memory of this process in bytes, as Linux tells it.
pub fn resident_bytes() -> Result<f64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).ok_or("the memory of this process is not known")?;
    Ok(kib.parse::<f64>()? * 1024.0)
}
