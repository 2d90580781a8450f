//! The processes that are measured: where they run, what they spend, and what they hold.

use std::{
    fs, io,
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command},
    time::{Duration, Instant},
};

use nix::{
    sched::{CpuSet, sched_setaffinity},
    time::ClockId,
    unistd::Pid,
};

/// Binds this thread, and all threads and processes that it starts from now on, to one processor.
pub fn bind(processor: usize) -> nix::Result<()> {
    let mut set = CpuSet::new();
    set.set(processor)?;
    sched_setaffinity(Pid::from_raw(0), &set)
}

/// A server on a processor of its own, which ends with this value.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    /// Starts it on `server`, and leaves this thread on `own`.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn start(mut command: Command, address: SocketAddr, server: usize, own: usize) -> io::Result<Self> {
        bind(server)?;
        let child = command.spawn();
        bind(own)?;
        Ok(Server { child: child?, address })
    }

    /// Waits until it takes connections.
    ///
    /// # Errors
    /// When it ended, or took none in so long a time.
    pub fn ready(&mut self, patience: Duration) -> io::Result<()> {
        let begun = Instant::now();
        loop {
            match TcpStream::connect(self.address) {
                Ok(_) => return Ok(()),
                Err(error) if begun.elapsed() > patience => return Err(error),
                Err(_) => std::thread::sleep(Duration::from_millis(2)),
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(io::Error::other(format!("it ended with {status}")));
            }
        }
    }

    /// The processor time that all its threads have had, ended ones too.
    ///
    /// # Errors
    /// When it has ended.
    pub fn spent(&self) -> io::Result<Duration> {
        Ok(ClockId::pid_cpu_clock_id(self.pid())?.now()?.into())
    }

    /// Memory that it holds now, in KiB.
    ///
    /// # Errors
    /// When it has ended.
    pub fn memory(&self) -> io::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let held = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        held.ok_or_else(|| io::Error::other("it has ended"))
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// An address of this machine that nobody listens on.
///
/// # Errors
/// When there is none.
pub fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}
