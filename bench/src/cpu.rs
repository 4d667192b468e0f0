//! CPU time of processes, out of `/proc/PID/stat` (proc_pid_stat(5)).

use std::fs;

use fm_testkit::Outcome;

/// The unit of the times there, in milliseconds: `USER_HZ` is 100 on Linux.
const TICK_MS: f64 = 10.0;

/// Where CPU time is counted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Counted {
    /// A process and all below it, with those that have ended.
    Tree(u32),
    /// The benchmark itself without the processes that it started: where a client of its own is the floor.
    Ourselves,
}

/// Whose CPU time a contestant's operations take.
#[derive(Debug, Clone, Default)]
pub(crate) struct Processes {
    program: Vec<Counted>,
    services: Vec<Counted>,
}

impl Processes {
    /// A program of several processes, or of none, and the services that it uses.
    pub(crate) fn new(program: &[Counted], services: &[Counted]) -> Self {
        Self { program: program.to_vec(), services: services.to_vec() }
    }

    /// What they have used until now; `None` where there are none.
    pub(crate) fn used(&self) -> Outcome<Option<Used>> {
        if self.program.is_empty() && self.services.is_empty() {
            return Ok(None);
        }
        let stats = all()?;
        let used = |counted: &[Counted]| -> Outcome<f64> {
            counted.iter().map(|&one| milliseconds(&stats, one)).sum()
        };
        Ok(Some(Used { program: used(&self.program)?, services: used(&self.services)? }))
    }
}

/// Milliseconds of CPU.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Used {
    pub(crate) program: f64,
    pub(crate) services: f64,
}

impl Used {
    /// What each of so many operations took that ran since `before`.
    pub(crate) fn per_operation(self, before: Self, operations: f64) -> Self {
        Self {
            program: (self.program - before.program) / operations,
            services: (self.services - before.services) / operations,
        }
    }
}

/// What is told of a process. Times are in ticks, user and system.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stat {
    id: u32,
    parent: u32,
    own: u64,
    /// Of children that have ended and were waited for, with theirs.
    ended: u64,
}

/// Every process of the machine. One that ends meanwhile is left out.
fn all() -> Outcome<Vec<Stat>> {
    let mut stats = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().parse::<u32>().is_err() {
            continue;
        }
        if let Ok(stat) = fs::read(entry.path().join("stat")) {
            let stat = String::from_utf8_lossy(&stat);
            stats.push(parse(&stat).ok_or_else(|| format!("an unknown line in /proc: {stat}"))?);
        }
    }
    Ok(stats)
}

/// Fields are numbered from 1 there: the parent is 4, the times are 14 to 17.
fn parse(stat: &str) -> Option<Stat> {
    // The name of the program stands in brackets and may hold anything.
    let (head, rest) = stat.rsplit_once(')')?;
    let id = head.split_once(' ')?.0.parse().ok()?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    Some(Stat {
        id,
        parent: u32::try_from(field(4)?).ok()?,
        own: field(14)? + field(15)?,
        ended: field(16)? + field(17)?,
    })
}

fn milliseconds(stats: &[Stat], counted: Counted) -> Outcome<f64> {
    let ticks = match counted {
        Counted::Tree(root) => of_tree(stats, root).ok_or_else(|| format!("process {root} has ended"))?,
        Counted::Ourselves => {
            let id = std::process::id();
            stats.iter().find(|stat| stat.id == id).ok_or("this process is not in /proc")?.own
        }
    };
    #[expect(clippy::cast_precision_loss, reason = "ticks need no 52 bits")]
    let ticks = ticks as f64;
    Ok(ticks * TICK_MS)
}

/// Ticks of a process and of all below it. What a child has used stays counted when it ends: it becomes its parent's.
fn of_tree(stats: &[Stat], root: u32) -> Option<u64> {
    let mut tree: Vec<&Stat> = stats.iter().filter(|stat| stat.id == root).collect();
    let mut at = 0;
    while let Some(parent) = tree.get(at).map(|stat| stat.id) {
        tree.extend(stats.iter().filter(|stat| stat.parent == parent));
        at += 1;
    }
    if tree.is_empty() { None } else { Some(tree.iter().map(|stat| stat.own + stat.ended).sum()) }
}

#[cfg(test)]
mod tests;
