//! The configuration, from its sources to its faults.
#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::any::Any;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use fm_app::Program;
use fm_app::adapters::{S3Config, SqliteConfig};
use fm_app::config::{Config, ConfigFaults, Sources};

fn with(folder: &Path, variables: &[(&str, &str)]) -> Result<Config, ConfigFaults> {
    let environment: HashMap<String, String> =
        variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    Program::new().read(&Sources { environment, folder: folder.to_owned() })
}

fn names(faults: &ConfigFaults) -> BTreeSet<&str> {
    faults.0.iter().map(|fault| fault.name.as_str()).collect()
}

#[test]
fn the_example_holds_exactly_the_variables_that_are_read() {
    let example = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.env.example")).unwrap();
    let lines = example.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let shown: Vec<&str> = lines.map(|line| line.split_once('=').unwrap().0).collect();
    let read: BTreeSet<&str> = Program::new().variables().iter().map(|variable| variable.name).collect();
    assert_eq!(shown.iter().copied().collect::<BTreeSet<_>>(), read);
    assert_eq!(shown.len(), read.len(), "a variable stands twice");
}

#[test]
fn the_example_as_it_stands_is_the_default_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let bare = with(folder.path(), &[]).unwrap();
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.env.example"), folder.path().join(".env")).unwrap();
    let example = with(folder.path(), &[]).unwrap();
    assert_eq!(format!("{example:?}"), format!("{bare:?}"));
}

#[test]
fn every_variable_is_really_read() {
    let folder = tempfile::tempdir().unwrap();
    // What no variable takes; those that take any text are named.
    let any_text = [
        "DATA_DIR",
        "FALLBACK_DATA_DIR",
        "S3_REGION",
        "S3_ACCESS_KEY_ID",
        "S3_SECRET_ACCESS_KEY",
        "RUST_LOG",
        "OTEL_SERVICE_NAME",
    ];
    let plain = |name: &'static str| name.strip_prefix("FALLBACK_").unwrap_or(name);
    for variable in Program::new().variables() {
        if any_text.contains(&plain(variable.name)) {
            continue;
        }
        let mut variables = vec![(variable.name, "/?\u{1}")];
        if variable.name.starts_with("FALLBACK_") {
            variables.extend([
                ("BLOB_STORE_FALLBACK", "s3"),
                ("FALLBACK_S3_REGION", "x"),
                ("FALLBACK_S3_ACCESS_KEY_ID", "x"),
                ("FALLBACK_S3_SECRET_ACCESS_KEY", "x"),
            ]);
            if variable.name != "FALLBACK_S3_ENDPOINT" {
                variables.push(("FALLBACK_S3_ENDPOINT", "http://localhost:1"));
            }
        } else if variable.name.starts_with("S3_") || variable.name.ends_with("_BUCKET") {
            variables.extend([
                ("BLOB_STORE", "s3"),
                ("S3_REGION", "x"),
                ("S3_ACCESS_KEY_ID", "x"),
                ("S3_SECRET_ACCESS_KEY", "x"),
            ]);
            if variable.name != "S3_ENDPOINT" {
                variables.push(("S3_ENDPOINT", "http://localhost:1"));
            }
        }
        let faults = with(folder.path(), &variables).unwrap_err();
        assert!(names(&faults).contains(variable.name), "{} takes anything: {faults}", variable.name);
    }
}

#[test]
fn nearer_layers_win_and_empty_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("config")).unwrap();
    fs::write(folder.path().join("config/default.toml"), "port = 1\nhost = \"::1\"\nis_debug = true\n")
        .unwrap();
    fs::write(folder.path().join("config/there.toml"), "port = 2\njob_workers = 7\n").unwrap();
    fs::write(folder.path().join(".env"), "PORT=3\nAPP_PROFILE=there\nDATA_DIR=\"a b\"\n").unwrap();
    let config = with(folder.path(), &[("PORT", "4"), ("HOST", "")]).unwrap();
    let http = &config.http;
    assert_eq!((http.port, http.host.as_str(), http.is_debug, config.jobs.workers), (4, "::1", true, 7));
    assert_eq!(config.storage.data_dir, Path::new("a b"));
    let config = with(folder.path(), &[]).unwrap();
    assert_eq!(config.http.port, 3);
}

#[test]
fn all_faults_are_told_at_once_and_never_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let faults = with(
        folder.path(),
        &[
            ("PORT", "70000"),
            ("IS_DEBUG", "yes"),
            ("BLOB_STORE", "s3"),
            ("DATABASE_URL", "mysql://root:hunter2hunter2@x"),
            ("JWT_SECRET", "too-short-secret"),
            ("CORS_ORIGINS", "https://a.example,ftp://b"),
            ("APP_PROFILE", "absent"),
        ],
    )
    .unwrap_err();
    let expected = [
        "PORT",
        "IS_DEBUG",
        "S3_ENDPOINT",
        "S3_REGION",
        "S3_ACCESS_KEY_ID",
        "S3_SECRET_ACCESS_KEY",
        "DATABASE_URL",
        "JWT_SECRET",
        "CORS_ORIGINS",
        "APP_PROFILE",
    ];
    assert_eq!(names(&faults), expected.into_iter().collect());
    let text = faults.to_string();
    assert!(!text.contains("hunter2") && !text.contains("too-short-secret"), "{text}");
}

const S3: [(&str, &str); 5] = [
    ("BLOB_STORE", "s3"),
    ("S3_ENDPOINT", "http://localhost:1"),
    ("S3_REGION", "x"),
    ("S3_ACCESS_KEY_ID", "x"),
    ("S3_SECRET_ACCESS_KEY", "x"),
];

#[test]
fn the_store_that_blobs_come_from_has_settings_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let fallback = [
        ("BLOB_STORE_FALLBACK", "s3"),
        ("FALLBACK_S3_ENDPOINT", "http://localhost:2"),
        ("FALLBACK_S3_REGION", "y"),
        ("FALLBACK_S3_ACCESS_KEY_ID", "y"),
        ("FALLBACK_S3_SECRET_ACCESS_KEY", "hunter2hunter2"),
    ];
    let config = with(folder.path(), &[&S3[..], &fallback].concat()).unwrap();
    let previous = config.storage.fallback.as_ref().unwrap();
    let previous = (previous.blobs.as_ref() as &dyn Any).downcast_ref::<S3Config>().unwrap();
    let current = (config.storage.blobs.as_ref() as &dyn Any).downcast_ref::<S3Config>().unwrap();
    assert_eq!((current.endpoint.as_str(), current.region.as_str()), ("http://localhost:1", "x"));
    assert_eq!((previous.endpoint.as_str(), previous.region.as_str()), ("http://localhost:2", "y"));
    assert!(!format!("{config:?}").contains("hunter2"));
    let faults = with(folder.path(), &fallback[..2]).unwrap_err();
    let expected = ["FALLBACK_S3_ACCESS_KEY_ID", "FALLBACK_S3_REGION", "FALLBACK_S3_SECRET_ACCESS_KEY"];
    assert_eq!(names(&faults), expected.into_iter().collect());
    assert!(faults.to_string().contains("is required with BLOB_STORE_FALLBACK=s3"), "{faults}");
}

#[test]
fn a_store_is_no_fallback_of_itself() {
    let folder = tempfile::tempdir().unwrap();
    let of_s3: Vec<(String, &str)> =
        S3[1..].iter().map(|(name, text)| (format!("FALLBACK_{name}"), *text)).collect();
    let of_s3: Vec<(&str, &str)> = of_s3.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    let same_s3 = [&S3[..], &of_s3, &[("BLOB_STORE_FALLBACK", "s3")]].concat();
    for same in [&[("BLOB_STORE_FALLBACK", "disk")][..], &same_s3] {
        let faults = with(folder.path(), same).unwrap_err();
        assert_eq!(names(&faults), ["BLOB_STORE_FALLBACK"].into_iter().collect());
    }
    let elsewhere = [("BLOB_STORE_FALLBACK", "disk"), ("FALLBACK_DATA_DIR", "/elsewhere")];
    assert!(with(folder.path(), &elsewhere).is_ok());
}

#[test]
fn a_collector_of_traces_is_a_url_with_fields_that_are_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://Collector.example:4318/"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=hunter2%20hunter2, x-other = a"),
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
    ];
    let config = with(folder.path(), &variables).unwrap();
    let traces = &config.traces;
    assert_eq!(traces.endpoint.as_deref(), Some("https://collector.example:4318"));
    let headers: Vec<_> =
        traces.headers.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
    assert_eq!(headers, [("x-key", "hunter2 hunter2"), ("x-other", "a")]);
    assert!(traces.sampler.heeds_caller && (traces.sampler.ratio - 0.25).abs() < f64::EPSILON);
    assert!(!format!("{config:?}").contains("hunter2"));
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://user:hunter2@collector.example"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "hunter2"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x y=hunter2"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.5"),
        ("OTEL_TRACES_SAMPLER_ARG", "NaN"),
    ] {
        let faults = with(folder.path(), &[(name, value)]).unwrap_err();
        assert_eq!(names(&faults), [name].into_iter().collect());
        assert!(!faults.to_string().contains("hunter2"), "{faults}");
    }
}

#[test]
fn sessions_in_redis_need_the_url_of_one() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty");
    fs::write(&empty, "\n").unwrap();
    let required = "REDIS_URL: is required with SESSION_STORE=redis";
    for (given, problem) in [
        (("PORT", "1"), required),
        (("REDIS_URL", ""), required),
        (("REDIS_URL_FILE", empty.to_str().unwrap()), "REDIS_URL_FILE: is named, but holds nothing"),
    ] {
        let faults = with(folder.path(), &[("SESSION_STORE", "redis"), given]).unwrap_err();
        assert_eq!(faults.to_string().matches("REDIS_URL").count(), 1, "{given:?}: {faults}");
        assert!(faults.to_string().contains(problem), "{faults}");
    }
    let wrong = with(folder.path(), &[("REDIS_URL", "http://user:hunter2@host")]).unwrap_err();
    assert_eq!(names(&wrong), ["REDIS_URL"].into_iter().collect());
    assert!(!wrong.to_string().contains("hunter2"), "{wrong}");
    for (url, path, problem) in [
        ("rediss://host", &folder.path().join("none"), "can't be read"),
        ("rediss://host", &empty, "holds no certificate"),
        ("redis://host", &empty, "is for rediss://"),
    ] {
        let variables = [("REDIS_URL", url), ("REDIS_CA_CERTIFICATES", path.to_str().unwrap())];
        let faults = with(folder.path(), &variables).unwrap_err().to_string();
        assert!(faults.contains(&format!("REDIS_CA_CERTIFICATES: {problem}")), "{faults}");
    }

    let file = folder.path().join("url");
    fs::write(&file, "redis://user:hunter2@host:6380/3\n").unwrap();
    let variables = [("SESSION_STORE", "redis"), ("REDIS_URL_FILE", file.to_str().unwrap())];
    let config = with(folder.path(), &variables).unwrap();
    assert!(config.storage.redis.is_some());
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn copies_of_sessions_live_for_seconds_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let ttl = |text| {
        let config = with(folder.path(), &[("SESSION_CACHE_TTL_SECONDS", text)]).unwrap();
        config.storage.session_cache_ttl.as_secs()
    };
    assert_eq!([ttl(""), ttl("0"), ttl("60")], [5, 0, 60]);
    let faults = with(folder.path(), &[("SESSION_CACHE_TTL_SECONDS", "61")]).unwrap_err();
    assert_eq!(names(&faults), ["SESSION_CACHE_TTL_SECONDS"].into_iter().collect());
}

#[test]
fn hsts_is_sent_where_it_is_asked_for_with_subdomains_or_without() {
    let folder = tempfile::tempdir().unwrap();
    let field = |variables: &[(&str, &str)]| {
        let hsts = with(folder.path(), variables).unwrap().http.hsts;
        hsts.map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(field(&[]), None);
    let year = ("HSTS_SECONDS", "31536000");
    assert_eq!(field(&[year]).as_deref(), Some("max-age=31536000"));
    let all = field(&[year, ("HSTS_INCLUDE_SUBDOMAINS", "1")]);
    assert_eq!(all.as_deref(), Some("max-age=31536000; includeSubDomains"));
    let faults = with(folder.path(), &[("HSTS_INCLUDE_SUBDOMAINS", "1")]).unwrap_err();
    assert_eq!(names(&faults), ["HSTS_INCLUDE_SUBDOMAINS"].into_iter().collect());
}

#[test]
fn a_secret_with_dollar_signs_in_the_env_file_is_kept_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let secret = "pa$word$2b$10$0123456789abcdefghijkl";
    fs::write(folder.path().join(".env"), format!("\u{feff}JWT_SECRET={secret}\r\nexport PORT=5\r\n"))
        .unwrap();
    let config = with(folder.path(), &[]).unwrap();
    assert_eq!(config.credentials.jwt_secret.as_ref().unwrap().expose(), secret);
    assert_eq!(config.http.port, 5);
}

#[test]
fn origins_and_the_public_url_lose_their_default_ports() {
    let folder = tempfile::tempdir().unwrap();
    let config = with(
        folder.path(),
        &[
            ("CORS_ORIGINS", "https://App.example:443/, http://b.example:8080"),
            ("PUBLIC_URL", "https://f.example:443"),
        ],
    )
    .unwrap();
    let expected = ["https://app.example", "http://b.example:8080"].map(str::to_owned).to_vec();
    assert_eq!(config.http.cors, fm_http::CorsOrigins::List(expected));
    assert_eq!(config.http.public_url.as_deref(), Some("https://f.example"));
    let faults = with(folder.path(), &[("CORS_ORIGINS", "https://a.example,null,*")]).unwrap_err();
    assert_eq!(names(&faults), ["CORS_ORIGINS"].into_iter().collect());
}

#[test]
fn parameters_that_no_database_takes_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let faults = with(folder.path(), &[("DATABASE_URL", "sqlite://x.db?mode=rwc")]).unwrap_err();
    assert_eq!(names(&faults), ["DATABASE_URL"].into_iter().collect());
}

#[test]
fn postgresql_wants_a_secret_and_sqlite_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let faults = with(folder.path(), &[("DATABASE_URL", "postgres://localhost/x")]).unwrap_err();
    assert_eq!(names(&faults), ["JWT_SECRET"].into_iter().collect());
    let config = with(folder.path(), &[("DATABASE_URL", "sqlite://x.db")]).unwrap();
    let sqlite = (config.storage.database.as_ref() as &dyn Any).downcast_ref::<SqliteConfig>().unwrap();
    assert_eq!(sqlite.path, Path::new("x.db"));
}

#[test]
fn a_secret_may_come_from_a_file_but_not_from_two_places() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    let secret = "0123456789abcdef".repeat(2);
    fs::write(&file, format!("{secret}\n")).unwrap();
    let path = file.to_str().unwrap();
    let config = with(folder.path(), &[("JWT_SECRET_FILE", path)]).unwrap();
    assert_eq!(config.credentials.jwt_secret.as_ref().unwrap().expose(), secret);
    assert!(!format!("{config:?}").contains("0123"));
    let other = "fedcba9876543210".repeat(2);
    let faults = with(folder.path(), &[("JWT_SECRET_FILE", path), ("JWT_SECRET", &other)]).unwrap_err();
    assert_eq!(names(&faults), ["JWT_SECRET_FILE"].into_iter().collect());
    let faults = with(folder.path(), &[("JWT_SECRET_FILE", "absent")]).unwrap_err();
    assert_eq!(names(&faults), ["JWT_SECRET_FILE"].into_iter().collect());
}

#[test]
fn a_secret_that_is_named_but_holds_nothing_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    let path = |text: &str| {
        let path = folder.path().join("secret");
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let s3 = [("BLOB_STORE", "s3"), ("S3_ENDPOINT", "http://127.0.0.1:1"), ("S3_REGION", "x")];
    for text in ["", "\n", "\r\n", "   ", "\n\n \t\n"] {
        let path = path(text);
        for secret in ["DATABASE_URL_FILE", "JWT_SECRET_FILE", "JWT_PREVIOUS_SECRETS_FILE"] {
            let faults = with(folder.path(), &[(secret, &path)]).unwrap_err();
            assert_eq!(names(&faults), [secret].into_iter().collect(), "{text:?}");
        }
        let keys = [("S3_ACCESS_KEY_ID_FILE", path.as_str()), ("S3_SECRET_ACCESS_KEY_FILE", path.as_str())];
        let faults = with(folder.path(), &[&s3[..], &keys].concat()).unwrap_err();
        assert!(
            faults.to_string().contains("S3_SECRET_ACCESS_KEY_FILE: is named, but holds nothing"),
            "{faults}"
        );
        // With PostgreSQL too, which must have one.
        let shared = [("DATABASE_URL", "postgres://localhost/x"), ("JWT_SECRET_FILE", path.as_str())];
        let faults = with(folder.path(), &shared).unwrap_err();
        assert_eq!(names(&faults), ["JWT_SECRET_FILE"].into_iter().collect(), "{text:?}");
    }
    for list in [",", " , ,"] {
        let faults = with(folder.path(), &[("JWT_PREVIOUS_SECRETS", list)]).unwrap_err();
        assert_eq!(names(&faults), ["JWT_PREVIOUS_SECRETS"].into_iter().collect(), "{list:?}");
    }
    fs::create_dir(folder.path().join("config")).unwrap();
    fs::write(folder.path().join("config/default.toml"), "jwt_secret = \"\"\n").unwrap();
    assert_eq!(names(&with(folder.path(), &[]).unwrap_err()), ["JWT_SECRET"].into_iter().collect());
    fs::remove_dir_all(folder.path().join("config")).unwrap();
    // An empty variable means its default, as for every other.
    assert!(with(folder.path(), &[("JWT_SECRET", ""), ("JWT_SECRET_FILE", "")]).is_ok());
}

#[test]
fn a_secret_of_few_different_characters_is_refused_and_the_fault_tells_how_to_make_one() {
    let folder = tempfile::tempdir().unwrap();
    for trivial in ["a".repeat(32), "ab".repeat(40), "1234567".repeat(5), format!("{}b", "a".repeat(99))] {
        let faults = with(folder.path(), &[("JWT_SECRET", &trivial)]).unwrap_err();
        assert_eq!(names(&faults), ["JWT_SECRET"].into_iter().collect(), "{trivial}");
        let text = faults.to_string();
        assert!(text.contains("openssl rand -hex 32") && !text.contains(&trivial), "{text}");
        // It may have signed before: otherwise it could not be replaced without logging all users out.
        let (good, previous) = ("0123456789abcdef".repeat(2), trivial.as_str());
        assert!(with(folder.path(), &[("JWT_SECRET", &good), ("JWT_PREVIOUS_SECRETS", previous)]).is_ok());
    }
    assert!(with(folder.path(), &[("JWT_SECRET", &"12345678".repeat(4))]).is_ok());
}

#[test]
fn sessions_are_limited_in_number_and_on_demand_in_life() {
    let folder = tempfile::tempdir().unwrap();
    let config = with(folder.path(), &[]).unwrap();
    assert_eq!((config.accounts.max_sessions, config.credentials.session_max_ttl), (100, None));
    let variables = [("MAX_SESSIONS_PER_USER", "3"), ("SESSION_MAX_TTL_SECONDS", "3600")];
    let config = with(folder.path(), &variables).unwrap();
    assert_eq!(config.accounts.max_sessions, 3);
    assert_eq!(config.credentials.session_max_ttl.unwrap().as_secs(), 3600);
    for (name, value) in [("MAX_SESSIONS_PER_USER", "0"), ("SESSION_MAX_TTL_SECONDS", "0")] {
        assert_eq!(names(&with(folder.path(), &[(name, value)]).unwrap_err()), [name].into_iter().collect());
    }
}

#[test]
fn the_audit_trail_is_kept_for_ninety_days_or_as_many_as_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let days = |variables: &[(&str, &str)]| {
        with(folder.path(), variables).unwrap().audit.retention.as_secs() / (24 * 60 * 60)
    };
    assert_eq!(days(&[]), 90);
    assert_eq!(days(&[("AUDIT_RETENTION_DAYS", "0")]), 0);
    assert_eq!(days(&[("AUDIT_RETENTION_DAYS", "36500")]), 36_500);
    for wrong in ["-1", "36501", "a year"] {
        let faults = with(folder.path(), &[("AUDIT_RETENTION_DAYS", wrong)]).unwrap_err();
        assert_eq!(names(&faults), ["AUDIT_RETENTION_DAYS"].into_iter().collect());
    }
}

#[test]
fn an_unknown_key_in_a_toml_file_is_a_typing_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("config")).unwrap();
    fs::write(folder.path().join("config/default.toml"), "prot = 1\n").unwrap();
    let faults = with(folder.path(), &[]).unwrap_err();
    assert!(faults.to_string().contains("prot"), "{faults}");
}

#[test]
fn an_s3_is_taken_with_its_public_endpoint_defaulted() {
    let folder = tempfile::tempdir().unwrap();
    let variables = [
        ("BLOB_STORE", "s3"),
        ("S3_ENDPOINT", "https://x.supabase.co/storage/v1/s3"),
        ("S3_REGION", "eu-west-1"),
        ("S3_ACCESS_KEY_ID", "id"),
        ("S3_SECRET_ACCESS_KEY", "key"),
    ];
    let config = with(folder.path(), &variables).unwrap();
    let s3 = (config.storage.blobs.as_ref() as &dyn Any).downcast_ref::<S3Config>().unwrap();
    assert_eq!(s3.public_endpoint, s3.endpoint);
    assert!(s3.force_path_style);
}
