//! SES: sessions.

use std::sync::LazyLock;
use std::time::Duration;

use fm_domain::clock::Timestamp;
use fm_domain::ids::{SessionId, UserId};
use fm_domain::mac::{Mac, MacSigner, Purpose};
use fm_domain::sessions::{EXPIRY_MARGIN, Generation, RefreshState, RefreshToken, Session};
use sha2::{Digest as _, Sha256};

use crate::fakes::present;
use crate::fixture::{soon, uuid};
use crate::harness::SessionStoreHarness;

/// This many seconds after the machine's present: a store that expires sessions by its own clock may have forgotten
/// those of last year.
pub(super) fn at(seconds: i64) -> Timestamp {
    static PRESENT: LazyLock<i64> = LazyLock::new(|| present().unix_seconds());
    Timestamp::from_unix_seconds(*PRESENT + seconds)
}

/// A session of `user` that was opened at `created` and lives for an hour.
pub(super) fn session(user: UserId, created: i64) -> Session {
    let mut salt = [0; 16];
    salt.copy_from_slice(uuid().as_bytes());
    Session {
        id: SessionId::new(uuid()),
        user,
        created_at: at(created),
        last_seen_at: at(created),
        ip: Some("192.0.2.7".to_owned()),
        user_agent: Some("Browser/1.0".to_owned()),
        refresh: RefreshState::first(salt, at(created + 3600)),
    }
}

pub(super) fn a_user() -> UserId {
    UserId::new(uuid())
}

/// A stored session of a new user, opened at second 0.
pub(super) async fn kept<H: SessionStoreHarness>(harness: &H) -> Session {
    let session = session(a_user(), 0);
    harness.sessions().create(&session).await.unwrap();
    session
}

pub(super) fn ids(sessions: &[Session]) -> Vec<SessionId> {
    sessions.iter().map(|session| session.id).collect()
}

pub(crate) async fn ses_01_a_revoked_session_is_not_found_from_that_answer_on<H: SessionStoreHarness>(
    harness: &H,
) {
    let sessions = harness.sessions();
    let session = kept(harness).await;
    assert_eq!(sessions.find(session.id, at(1)).await.unwrap(), Some(session.clone()));

    assert!(sessions.revoke(session.user, session.id).await.unwrap(), "there was one to end");
    assert_eq!(harness.sessions().find(session.id, at(1)).await.unwrap(), None);
    assert_eq!(sessions.list(session.user, at(1)).await.unwrap(), []);
    assert!(!sessions.revoke(session.user, session.id).await.unwrap(), "there was none any more");
}

pub(crate) async fn ses_02_the_given_clock_decides_and_the_stores_own_forgets_late<H: SessionStoreHarness>(
    harness: &H,
) {
    let sessions = harness.sessions();
    // They end now, far ahead of the machine's clock, and some time ago, within the margin.
    let margin = i64::try_from(EXPIRY_MARGIN.as_secs()).unwrap();
    for end in [3600, 2_000_000_000, 1, -1, -margin / 2] {
        let session = session(a_user(), end - 3600);
        sessions.create(&session).await.unwrap();
        let what = format!("a session that ends {end} s from now");
        let before = at(end).minus(Duration::from_micros(1));
        for earlier in [at(end - 3600), before] {
            assert_eq!(sessions.find(session.id, earlier).await.unwrap().as_ref(), Some(&session), "{what}");
            assert_eq!(ids(&sessions.list(session.user, earlier).await.unwrap()), [session.id], "{what}");
        }
        for later in [at(end), at(end + 1), at(end + 1_000_000)] {
            assert_eq!(sessions.find(session.id, later).await.unwrap(), None, "{what}, once it has ended");
            assert_eq!(sessions.list(session.user, later).await.unwrap(), [], "{what}, once it has ended");
        }
        // A rotation moves the end.
        let next = session.refresh.rotated(before, at(end + 60));
        assert!(sessions.rotate(session.id, Generation::FIRST, &next).await.unwrap(), "{what}");
        let found = sessions.find(session.id, at(end + 59)).await.unwrap();
        assert_eq!(found, Some(Session { refresh: next, ..session }), "{what} was rotated");
    }
    // The store may have forgotten what ended long ago by any clock, but does not serve it once it has ended.
    let old = session(a_user(), -700_000_000);
    sessions.create(&old).await.unwrap();
    assert_eq!(sessions.find(old.id, old.refresh.expires_at).await.unwrap(), None);
    let found = sessions.find(old.id, old.created_at).await.unwrap();
    assert!(found.is_none() || found.as_ref() == Some(&old), "neither forgotten nor as it was: {found:?}");
}

pub(crate) async fn ses_03_a_session_is_read_back_as_written<H: SessionStoreHarness>(harness: &H) {
    let sessions = harness.sessions();
    let user = a_user();
    let plain = Session { ip: None, user_agent: None, ..session(user, 0) };
    let mut full = session(user, 10);
    full.ip = Some("2001:db8::7".to_owned());
    full.user_agent = Some(format!("Ünï 'quoted\" \\ 🦀 {}", "x".repeat(490)));
    full.created_at = at(10).plus(Duration::from_micros(123_456));
    full.last_seen_at = at(11).plus(Duration::from_micros(1));
    full.refresh.generation = Generation::new(u32::MAX >> 1);
    full.refresh.spent_at = (0..16).map(|back| at(9 - back).plus(Duration::from_micros(7))).collect();
    for session in [&plain, &full] {
        sessions.create(session).await.unwrap();
        assert_eq!(sessions.find(session.id, at(12)).await.unwrap().as_ref(), Some(session));
    }
    assert_eq!(sessions.list(user, at(12)).await.unwrap(), [full, plain]);
    assert_eq!(sessions.find(SessionId::new(uuid()), at(12)).await.unwrap(), None, "an unknown session");
}

pub(crate) async fn ses_04_of_parallel_rotations_one_wins<H: SessionStoreHarness>(harness: &H) {
    let session = kept(harness).await;
    let next = session.refresh.rotated(at(5), at(7200));
    let mut rotations = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (sessions, next, id) = (harness.sessions(), next.clone(), session.id);
        rotations.spawn(async move { sessions.rotate(id, Generation::FIRST, &next).await.unwrap() });
    }
    let won = soon("twenty rotations", rotations.join_all()).await.into_iter().filter(|won| *won).count();
    assert_eq!(won, 1, "how many rotations of one generation won");
    let found = harness.sessions().find(session.id, at(6)).await.unwrap();
    assert_eq!(found, Some(Session { refresh: next, ..session.clone() }));
    assert_eq!(
        ids(&harness.sessions().list(session.user, at(6)).await.unwrap()),
        [session.id],
        "one living session"
    );
}

pub(crate) async fn ses_05_a_rotation_of_another_generation_is_refused<H: SessionStoreHarness>(harness: &H) {
    let sessions = harness.sessions();
    let session = kept(harness).await;
    let next = session.refresh.rotated(at(5), at(7200));
    assert!(!sessions.rotate(session.id, Generation::new(1), &next).await.unwrap(), "a later generation");
    assert!(
        !sessions.rotate(SessionId::new(uuid()), Generation::FIRST, &next).await.unwrap(),
        "an unknown session"
    );
    assert_eq!(
        sessions.find(session.id, at(6)).await.unwrap().as_ref(),
        Some(&session),
        "nothing has changed"
    );
    assert!(sessions.rotate(session.id, Generation::FIRST, &next).await.unwrap());
    assert!(!sessions.rotate(session.id, Generation::FIRST, &next).await.unwrap(), "an earlier generation");
}

pub(crate) async fn ses_06_all_older_sessions_of_a_user_are_revoked_but_one<H: SessionStoreHarness>(
    harness: &H,
) {
    let sessions = harness.sessions();
    let (user, other) = (a_user(), a_user());
    let mut older = Vec::new();
    for second in 0..30 {
        let session = session(user, second);
        sessions.create(&session).await.unwrap();
        older.push(session);
    }
    let (at_the_moment, theirs) = (session(user, 100), session(other, 0));
    sessions.create(&at_the_moment).await.unwrap();
    sessions.create(&theirs).await.unwrap();
    let but = older.remove(7);

    sessions.revoke_all(user, Some(but.id), at(100)).await.unwrap();
    assert_eq!(ids(&sessions.list(user, at(101)).await.unwrap()), [at_the_moment.id, but.id]);
    for session in &older {
        assert_eq!(
            sessions.find(session.id, at(101)).await.unwrap(),
            None,
            "created at {}",
            session.created_at
        );
    }
    assert_eq!(sessions.find(theirs.id, at(101)).await.unwrap(), Some(theirs), "another user's");

    sessions.revoke_all(user, None, at(101)).await.unwrap();
    assert_eq!(sessions.list(user, at(101)).await.unwrap(), [], "all of them");
    sessions.revoke_all(a_user(), None, at(101)).await.unwrap();
}

pub(crate) async fn ses_07_a_touch_moves_the_last_use_forwards_alone<H: SessionStoreHarness>(harness: &H) {
    let sessions = harness.sessions();
    let session = kept(harness).await;
    sessions.touch(session.id, at(60), None).await.unwrap();
    let touched = Session { last_seen_at: at(60), ..session.clone() };
    assert_eq!(sessions.find(session.id, at(61)).await.unwrap(), Some(touched), "the address stays");
    sessions.touch(session.id, at(30), Some("2001:db8::1".to_owned())).await.unwrap();
    let moved = Session { last_seen_at: at(60), ip: Some("2001:db8::1".to_owned()), ..session.clone() };
    assert_eq!(sessions.find(session.id, at(61)).await.unwrap(), Some(moved), "it never goes backwards");
    sessions.touch(SessionId::new(uuid()), at(60), None).await.unwrap();
    assert_eq!(ids(&sessions.list(session.user, at(61)).await.unwrap()), [session.id]);
}

pub(crate) async fn ses_08_a_list_holds_the_users_living_sessions_newest_first<H: SessionStoreHarness>(
    harness: &H,
) {
    let sessions = harness.sessions();
    let user = a_user();
    let (middle, oldest, newest) = (session(user, 20), session(user, 10), session(user, 30));
    let mut dead = session(user, 25);
    dead.refresh.expires_at = at(40);
    for session in [&middle, &oldest, &newest, &dead, &session(a_user(), 15)] {
        sessions.create(session).await.unwrap();
    }
    assert_eq!(sessions.list(user, at(50)).await.unwrap(), [newest, middle, oldest]);
    assert_eq!(sessions.list(a_user(), at(50)).await.unwrap(), []);
}

pub(crate) async fn ses_09_another_users_session_is_not_revoked<H: SessionStoreHarness>(harness: &H) {
    let sessions = harness.sessions();
    let session = kept(harness).await;
    assert!(!sessions.revoke(a_user(), session.id).await.unwrap());
    assert_eq!(sessions.find(session.id, at(1)).await.unwrap(), Some(session));
}

pub(crate) async fn ses_10_only_expired_sessions_are_purged_up_to_the_limit<H: SessionStoreHarness>(
    harness: &H,
) {
    let sessions = harness.sessions();
    let user = a_user();
    let living = session(user, 0);
    sessions.create(&living).await.unwrap();
    for second in 1..=5 {
        let mut dead = session(user, second);
        dead.refresh.expires_at = at(100);
        sessions.create(&dead).await.unwrap();
    }
    let mut purged = Vec::new();
    for _ in 0..4 {
        purged.push(sessions.purge_expired(at(200), 2).await.unwrap());
    }
    // A store that expires by itself answers 0.
    assert!(purged == [2, 2, 1, 0] || purged == [0; 4], "{purged:?}");
    assert_eq!(sessions.list(user, at(99)).await.unwrap().last(), Some(&living), "a living session stays");
}

/// MACs with a secret that the store never sees.
struct Macs;

impl MacSigner for Macs {
    fn sign(&self, purpose: Purpose, message: &[u8]) -> Mac {
        let hash = Sha256::new().chain_update(b"a secret").chain_update(purpose.name()).chain_update(message);
        Mac::new(hash.finalize().into())
    }

    fn verify(&self, purpose: Purpose, message: &[u8], mac: &Mac) -> bool {
        self.sign(purpose, message) == *mac
    }
}

pub(crate) async fn ses_11_no_token_can_be_read_out_of_the_store<H: SessionStoreHarness>(harness: &H) {
    let sessions = harness.sessions();
    let session = kept(harness).await;
    let next = session.refresh.rotated(at(5), at(7200));
    sessions.touch(session.id, at(4), None).await.unwrap();
    assert!(sessions.rotate(session.id, Generation::FIRST, &next).await.unwrap());

    let dump = harness.dump().await.to_lowercase();
    assert!(dump.contains(&session.id.to_string()), "the dump does not show what is stored: {dump}");
    for generation in [0, 1, 2].map(Generation::new) {
        let token =
            RefreshToken::issue(session.id, generation, &session.refresh.salt, &Macs).expose().to_lowercase();
        let mac = token.rsplit('.').next().unwrap();
        assert!(!dump.contains(mac), "the token of generation {} is stored", generation.number());
        let hash = hex::encode(Sha256::digest(token.as_bytes()));
        assert!(
            !dump.contains(&hash),
            "a plain hash of the token of generation {} is stored",
            generation.number()
        );
    }
}

pub(crate) async fn ses_12_nothing_brings_a_revoked_session_back<H: SessionStoreHarness>(harness: &H) {
    let sessions = harness.sessions();
    let session = kept(harness).await;
    let next = session.refresh.rotated(at(5), at(7200));
    sessions.revoke(session.user, session.id).await.unwrap();
    sessions.touch(session.id, at(5), Some("192.0.2.9".to_owned())).await.unwrap();
    assert!(!sessions.rotate(session.id, Generation::FIRST, &next).await.unwrap());
    assert_eq!(sessions.find(session.id, at(6)).await.unwrap(), None);
    assert_eq!(sessions.list(session.user, at(6)).await.unwrap(), []);
}

pub(crate) async fn ses_13_a_rotated_session_lives_until_its_new_end<H: SessionStoreHarness>(harness: &H) {
    let sessions = harness.sessions();
    let session = kept(harness).await;
    let next = session.refresh.rotated(at(3000), at(6600));
    assert!(sessions.rotate(session.id, Generation::FIRST, &next).await.unwrap());
    let expected = Session { refresh: next, ..session.clone() };
    assert_eq!(sessions.purge_expired(at(5000), 10).await.unwrap(), 0, "it has not expired");
    assert_eq!(sessions.find(session.id, at(6599)).await.unwrap(), Some(expected));
    assert_eq!(sessions.find(session.id, at(6600)).await.unwrap(), None);
}

pub(crate) async fn ses_14_a_rotation_beside_a_revocation_revives_nothing<H: SessionStoreHarness>(
    harness: &H,
) {
    for _ in 0..10 {
        let session = kept(harness).await;
        let next = session.refresh.rotated(at(5), at(7200));
        let (rotating, revoking) = (harness.sessions(), harness.sessions());
        let (id, user) = (session.id, session.user);
        let rotation =
            tokio::spawn(async move { rotating.rotate(id, Generation::FIRST, &next).await.unwrap() });
        let revocation = tokio::spawn(async move { revoking.revoke(user, id).await.unwrap() });
        soon("a rotation beside a revocation", rotation).await.unwrap();
        assert!(
            soon("a revocation beside a rotation", revocation).await.unwrap(),
            "there was a session to end"
        );
        assert_eq!(harness.sessions().find(id, at(6)).await.unwrap(), None);
    }
}

pub(crate) async fn ses_15_a_store_that_serves_answers_a_ping<H: SessionStoreHarness>(harness: &H) {
    soon("a ping", harness.sessions().ping()).await.unwrap();
}
