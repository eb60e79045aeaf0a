//! Whether this process's memory may lie in huge pages.
//!
//! A form is set in many small pieces, of which huge pages would hold twice as much as is in use; a scan is few large
//! pictures, touched from end to end: a fifth of its reader's time was the kernel's handing out of small pages.

/// Allows huge pages to this process and those it starts, or forbids them. Where the system can't say, it stays as it is.
pub fn allow(allowed: bool) {
    #[cfg(target_os = "linux")]
    // A kernel without them has nothing to forbid.
    let _ = rustix::thread::disable_transparent_huge_pages(!allowed);
    #[cfg(not(target_os = "linux"))]
    let _ = allowed;
}
