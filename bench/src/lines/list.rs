//! A page of 50 files with 75 signed URLs, beside the bare SQL, and among many more files: a hundred and a thousand times as
//! many.

use std::fs;

use fm_testkit::Outcome;

use super::Bench;
use crate::cpu::Processes;
use crate::load;
use crate::measure::{Contestant, in_turns};
use crate::product::{Product, User};
use crate::report::{Bound, Row};

const CONNECTIONS: usize = 16;

pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Vec<Row>> {
    let tools = bench.tools;
    let home = tools.folder()?;
    let s3 = tools.s3(home.path())?;
    let database = tools.database("product")?;
    let mut settings = s3.access.variables();
    settings.extend(Product::on_postgres(&database.url));
    let product = Product::start(tools, home.path(), &settings)?;
    let (many, most) = (product.another_user("many")?, product.another_user("most")?);
    let seed = tools.script("seed_files.sql");
    for (user, count) in [(&product.user, "1000"), (&many, "100000"), (&most, "1000000")] {
        // The root folder of a user has their id.
        database.run_file(&seed, &[("owner", &user.id), ("folder", &user.id), ("count", count)])?;
    }

    let bare = home.path().join("list.sql");
    fs::write(&bare, bare_list(&product.user))?;
    let bare = bare.to_string_lossy();
    let url = product.url("/v1/files?limit=50");
    let lists = |user: &User| {
        let headers = [user.authorization()];
        Ok(load::same(tools, bench.pressure(CONNECTIONS), "GET", &url, None, &headers)?.requests_a_second())
    };
    let postgres = tools.postgres()?;
    let (processes, floor_processes) = (product.processes(&[postgres]), Processes::new(&[], &[postgres]));
    let mut among_few = || lists(&product.user);
    let mut among_many = || lists(&many);
    let mut among_most = || lists(&most);
    let mut floor = || Ok(database.pgbench(&["-f", &bare], CONNECTIONS, bench.seconds)?.into());
    let [among_few, among_many, among_most, floor] = in_turns(
        bench.repetitions,
        [
            Contestant::new(&processes, &mut among_few),
            Contestant::new(&processes, &mut among_many),
            Contestant::new(&processes, &mut among_most),
            Contestant::new(&floor_processes, &mut floor),
        ],
    )?;
    let larger = |files: &str, ours, bound| Row {
        what: format!("list of 50 among {files}"),
        ours,
        floor_name: "among 1,000".to_owned(),
        floor: among_few.clone(),
        unit: "/s",
        bound,
        client: format!("wrk, {CONNECTIONS} connections"),
    };
    Ok(vec![
        Row {
            what: "list of 50 among 1,000, 75 signed URLs, on PostgreSQL and S3".to_owned(),
            ours: among_few.clone(),
            floor_name: "the bare SQL in pgbench".to_owned(),
            floor,
            unit: "/s",
            bound: Bound::AtLeast(0.5),
            client: format!("wrk and pgbench, {CONNECTIONS} connections"),
        },
        larger("100,000", among_many, Bound::AtLeast(0.77)),
        larger("1,000,000", among_most, Bound::AtLeast(0.8)),
    ])
}

/// The rows that a page needs, and the one that tells whether there is another page.
fn bare_list(user: &User) -> String {
    format!(
        "SELECT * FROM nodes WHERE drive_id = '{}' AND kind = 'file' AND trash_id IS NULL \
         ORDER BY created_at DESC, id DESC LIMIT 51;\n",
        user.id
    )
}
