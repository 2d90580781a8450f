//! Server processes bound to one processor, with their processor time and memory.

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

/// Binds this thread, and threads and processes that it starts later, to one processor.
pub fn bind_to_processor(processor: usize) -> nix::Result<()> {
    let mut set = CpuSet::new();
    set.set(processor)?;
    sched_setaffinity(Pid::from_raw(0), &set)
}

/// A server process on its own processor, killed on drop.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    /// Starts the command on the processor `server`, and binds this thread to the processor `load`.
    ///
    /// # Errors
    /// Returns an error if the command cannot be started.
    pub fn start(mut command: Command, address: SocketAddr, server: usize, load: usize) -> io::Result<Self> {
        bind_to_processor(server)?;
        let child = command.spawn();
        bind_to_processor(load)?;
        Ok(Server { child: child?, address })
    }

    /// Waits until the server accepts connections.
    ///
    /// # Errors
    /// Returns an error if the server exits or does not accept a connection within `timeout`.
    pub fn wait_until_ready(&mut self, timeout: Duration) -> io::Result<()> {
        let start = Instant::now();
        loop {
            match TcpStream::connect(self.address) {
                Ok(_) => return Ok(()),
                Err(error) if start.elapsed() > timeout => return Err(error),
                Err(_) => std::thread::sleep(Duration::from_millis(2)),
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(io::Error::other(format!("the server exited with {status}")));
            }
        }
    }

    /// Processor time of all threads of the server so far, finished threads included.
    ///
    /// # Errors
    /// Returns an error if the server has exited.
    pub fn processor_time(&self) -> io::Result<Duration> {
        Ok(ClockId::pid_cpu_clock_id(self.pid())?.now()?.into())
    }

    /// Resident memory of the server in KiB.
    ///
    /// # Errors
    /// Returns an error if the server has exited.
    pub fn memory(&self) -> io::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        kib.ok_or_else(|| io::Error::other("the server has exited"))
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

/// A loopback address with a free port. Another program could take the port before the server listens on it.
///
/// # Errors
/// Returns an error if no port is free.
pub fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}
