//! Locks between processes: the operating system's, which go with the process that holds them.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
};

/// Takes the lock on `path`, which is made if need be; calls `waiting` once if another process
/// holds it. The lock is held as long as the file or a copy of it is open.
pub(crate) fn take(path: &Path, waiting: impl FnOnce()) -> io::Result<File> {
    let file = File::options().create(true).truncate(false).write(true).read(true).open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            waiting();
            file.lock()?;
        }
        Err(TryLockError::Error(error)) => return Err(error),
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::mpsc, thread};

    #[test]
    fn the_second_waits_for_the_first_and_for_its_copies() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = take(&path, || unreachable!("free")).unwrap();
        let copy = first.try_clone().unwrap();
        let (tell, told) = mpsc::channel();
        let second = thread::spawn({
            let path = path.clone();
            move || {
                take(&path, || tell.send("waiting").unwrap()).unwrap();
                tell.send("taken").unwrap();
            }
        });
        assert_eq!(told.recv().unwrap(), "waiting");
        drop(first);
        thread::sleep(std::time::Duration::from_millis(50));
        assert!(told.try_recv().is_err(), "the copy still holds it");
        drop(copy);
        assert_eq!(told.recv().unwrap(), "taken");
        second.join().unwrap();
    }
}
