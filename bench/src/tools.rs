//! Where the programs are that take part.

use std::path::{Path, PathBuf};

use clap::Args;
use fm_testkit::Outcome;
use fm_testkit::nginx::Nginx;
use fm_testkit::postgres::{Database, Postgres};
use fm_testkit::process::Tool;
use fm_testkit::s3::S3Process;
use tempfile::TempDir;

use crate::cpu::Counted;

/// The contestants, the tools that load them, and the services that they use.
#[derive(Args, Clone)]
pub(crate) struct Tools {
    /// The program that is measured.
    #[arg(long)]
    pub(crate) product: PathBuf,
    /// The program of an older commit, built as a release: small uploads are measured beside it too.
    #[arg(long)]
    pub(crate) before: Option<PathBuf>,
    /// The S3 server of the tests.
    #[arg(long)]
    pub(crate) s3_server: PathBuf,
    /// The renderer of thumbnails on its own.
    #[arg(long)]
    pub(crate) thumbnails: PathBuf,
    /// libvips, which does the same and draws the pictures: built from `bench/load/vips_floor.c`.
    #[arg(long)]
    pub(crate) vips: PathBuf,
    /// The bare program that pictures are sent to.
    #[arg(long)]
    pub(crate) pictures: PathBuf,
    /// nginx.
    #[arg(long)]
    pub(crate) nginx: PathBuf,
    /// wrk, the client of most lines.
    #[arg(long)]
    pub(crate) wrk: PathBuf,
    /// Node.js.
    #[arg(long)]
    pub(crate) node: PathBuf,
    /// The reference server of tus: `bench/tus-server` with its packages.
    #[arg(long)]
    pub(crate) tus_server: PathBuf,
    /// The folder of pgbench and psql.
    #[arg(long)]
    pub(crate) postgres_bin: PathBuf,
    /// A superuser's URL of a PostgreSQL with durable settings, without the database's name.
    #[arg(long)]
    pub(crate) postgres: String,
    /// The folder of the scripts that the clients run.
    #[arg(long)]
    pub(crate) load: PathBuf,
    /// Where data goes meanwhile: a folder on a real disk.
    #[arg(long)]
    pub(crate) home: PathBuf,
    /// Where shared libraries of the tools were unpacked.
    #[arg(long, default_value = "")]
    pub(crate) library_path: String,
    /// The page that the figures go to.
    #[arg(long)]
    pub(crate) report: PathBuf,
}

impl Tools {
    /// A folder of its own within `home`, removed when it is dropped.
    pub(crate) fn folder(&self) -> Outcome<TempDir> {
        std::fs::create_dir_all(&self.home)?;
        Ok(tempfile::tempdir_in(&self.home)?)
    }

    /// The same, with the older program as what is measured, if there is one.
    pub(crate) fn of_before(&self) -> Option<Self> {
        self.before.clone().map(|product| Self { product, ..self.clone() })
    }

    /// A tool whose shared libraries may have been unpacked.
    pub(crate) fn tool(&self, program: &Path) -> Tool {
        Tool { program: program.to_owned(), libraries: self.library_path.clone() }
    }

    /// An empty database of the private server, in place of any of this name.
    pub(crate) fn database(&self, name: &str) -> Outcome<Database> {
        self.server().create(name)
    }

    /// The processes of the private server.
    pub(crate) fn postgres(&self) -> Outcome<Counted> {
        let first_line = "SELECT split_part(pg_read_file('postmaster.pid'), chr(10), 1)";
        Ok(Counted::Tree(self.server().maintenance().run(first_line)?.trim().parse()?))
    }

    fn server(&self) -> Postgres {
        let (programs, libraries) = (self.postgres_bin.clone(), self.library_path.clone());
        Postgres { programs, libraries, url: self.postgres.clone() }
    }

    /// A running S3 server with the buckets `files`, `thumbnails` and `floor`, on an empty folder within this one.
    pub(crate) fn s3(&self, home: &Path) -> Outcome<S3Process> {
        S3Process::start(&self.s3_server, home, &["files", "thumbnails", "floor"])
    }

    /// A running nginx on an empty folder within this one.
    pub(crate) fn nginx(&self, home: &Path) -> Outcome<Nginx> {
        Nginx::on_a_folder(&self.tool(&self.nginx), home)
    }

    /// A script of the load clients.
    pub(crate) fn script(&self, name: &str) -> PathBuf {
        self.load.join(name)
    }
}
