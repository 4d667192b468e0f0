//! A user who works: uploads, downloads, replaces, renames, moves, copies, trashes, restores, removes, refreshes, files and whole folders;
//! and remembers every answer.

use std::time::{Duration, Instant};

use fastrand::Rng;
use fm_api_types::{File, Refresh, Secret, TokenPair};

use super::CrashCounts;
use super::folders::CutBatch;
use super::ledger::{Ledger, Version};
use crate::{Answer, Api, Request, User};

/// What the names of copies begin with.
pub(super) const COPY: &str = "copy-";
/// From so many files on, they are rather removed than added to.
pub(super) const MANY: usize = 25;
/// Within the grace of a rotation (10 s) a spent token still answers.
const WITHIN_GRACE: u128 = 8_000;
/// No answer takes longer, whatever fails: beyond it the program hangs.
const BOUND: Duration = Duration::from_mins(2);

/// A user, and the answers that they got.
pub(super) struct Client {
    pub(super) user: User,
    /// The nodes that take turns in answering; empty: the one that the user is at.
    pub(super) nodes: Vec<Api>,
    pub(super) refresh: String,
    /// When a refresh was cut off.
    pub(super) cut_refresh: Option<Instant>,
    /// An upload with a key that was cut off: it can be repeated.
    pub(super) cut_upload: Option<(String, Version, Vec<u8>)>,
    /// Whether the program that answers knows folders and the trash.
    pub(super) has_trees: bool,
    /// Folders that are surely there, and stay where they are.
    pub(super) folders: Vec<String>,
    /// A batch with a key that was cut off: it can be repeated.
    pub(super) cut_batch: Option<CutBatch>,
    /// Whether the answer to the end of the trash was cut off, or it goes on.
    pub(super) trash_may_be_empty: bool,
    pub(super) ledger: Ledger,
    pub(super) random: Rng,
    pub(super) acknowledged: usize,
    /// Of them, changes of folders with all that is in them.
    pub(super) folder_changes: usize,
    pub(super) cut_off: usize,
    pub(super) refused: usize,
    pub(super) read_back: usize,
    /// Changed since the last check, and so read back at the next.
    pub(super) changed: Vec<String>,
}

impl Client {
    pub(super) fn new(user: User, random: Rng) -> Self {
        let refresh = user.refresh().to_owned();
        Self {
            user,
            nodes: Vec::new(),
            refresh,
            cut_refresh: None,
            cut_upload: None,
            has_trees: true,
            folders: Vec::new(),
            cut_batch: None,
            trash_may_be_empty: false,
            ledger: Ledger::default(),
            random,
            acknowledged: 0,
            folder_changes: 0,
            cut_off: 0,
            refused: 0,
            read_back: 0,
            changed: Vec::new(),
        }
    }

    /// The same at a program, or beside one, that knows neither folders nor the trash.
    pub(super) fn without_trees(self) -> Self {
        Self { has_trees: false, ..self }
    }

    /// Has these nodes answer from now on, each now and then.
    pub(super) fn spread_over(&mut self, nodes: &[Api]) {
        self.nodes = nodes.to_vec();
        self.change_node();
    }

    fn change_node(&mut self) {
        if let Some(node) = self.random.choice(&self.nodes) {
            self.user = self.user.at(node);
        }
    }

    /// Does one thing; false when the answer to it was cut off.
    pub(super) async fn act(&mut self) -> bool {
        self.change_node();
        let known = self.any_file();
        let full = self.ledger.files.len() > MANY;
        if self.has_trees && self.random.bool() {
            return self.act_in_tree(known).await;
        }
        match (self.random.usize(0..100), known) {
            (0..=9, _) => self.spend().await,
            (10..=19, Some(file)) => self.download(&file).await,
            (20..=29, Some(file)) => self.rename(&file).await,
            (30..=44, Some(file)) => self.replace(&file).await,
            (roll, Some(file)) if roll <= 59 || full => self.remove(&file).await,
            _ => self.upload().await,
        }
    }

    pub(super) fn any_file(&mut self) -> Option<String> {
        let place = self.random.usize(0..self.ledger.files.len().max(1));
        self.ledger.files.keys().nth(place).cloned()
    }

    /// The answer of this status, if there is one at all. A killed program answers nothing, and one whose database or
    /// store fails says so; any other answer is a fault.
    pub(super) async fn acknowledged(&mut self, request: Request, status: u16) -> Option<Answer> {
        match in_time(request).await {
            Some(answer) if is_refusal(&answer) => {
                self.refused += 1;
                None
            }
            Some(answer) => {
                self.acknowledged += 1;
                Some(answer.expect(status))
            }
            None => {
                self.cut_off += 1;
                None
            }
        }
    }

    async fn spend(&mut self) -> bool {
        let token = Refresh { refresh_token: Some(Secret::new(&*self.refresh)) };
        let request = self.user.anonymous().post("/v1/auth/refresh").json(&token);
        self.user.secret(&self.refresh.clone());
        let started = Instant::now();
        let Some(answer) = self.acknowledged(request, 200).await else {
            self.cut_refresh = Some(started);
            return false;
        };
        self.renewed(&answer.parse());
        true
    }

    fn renewed(&mut self, tokens: &TokenPair) {
        tokens.refresh_token.expose().clone_into(&mut self.refresh);
        self.user = self.user.renewed(tokens.access_token.expose());
    }

    /// After a restart: everything that was acknowledged is so, and what was cut off is wholly so or not at all.
    pub(super) async fn check(&mut self, whole: bool) {
        if let Some(cut) = self.cut_refresh.take() {
            let answer = self.user.spend(&self.refresh.clone()).await;
            // Later than that the reuse of a spent token rightly ends the session.
            if cut.elapsed().as_millis() < WITHIN_GRACE || answer.status == 200 {
                self.renewed(&answer.expect(200).parse());
            } else {
                self.user = self.user.again().await;
                self.user.refresh().clone_into(&mut self.refresh);
            }
        }
        let listed = self.list().await;
        self.ledger.compare(&listed);
        self.repeat_upload().await;
        if self.has_trees {
            self.check_trash().await;
            self.check_subtrees(whole).await;
        }
        let storage = self.user.me().await.expect(200).json()["storage"].clone();
        let bytes = |name: &str| storage[name].as_u64().unwrap_or_default();
        let living = bytes("used_bytes") - bytes("trash_bytes") - bytes("version_bytes");
        let listed = self.list().await;
        let sum: u64 = listed.iter().map(|file| file.size).sum();
        let count = bytes("file_count");
        assert_eq!((living, count), (sum, listed.len() as u64), "what the account says that it keeps");
        self.compare_leaves(&listed);
        if whole && self.has_trees {
            self.check_whole_tree().await;
        }
        let changed = std::mem::take(&mut self.changed);
        let known = self.ledger.files.keys().filter(|id| whole || changed.contains(id));
        for id in known.cloned().collect::<Vec<_>>() {
            let before = self.read_back;
            assert!(self.download(&id).await && self.read_back > before, "a download is answered");
        }
    }

    pub(super) async fn list(&self) -> Vec<File> {
        self.user.all(&[("limit", "100")]).await
    }

    /// How many objects the files need, once no thumbnail is pending.
    pub(super) async fn objects(&self) -> Option<usize> {
        let mut objects = 0;
        for file in self.list().await {
            objects += match file.thumbnail.status.as_str() {
                "pending" => return None,
                "ready" => 2,
                _ => 1,
            };
        }
        Some(objects)
    }

    pub(super) fn add_to(&self, counts: &mut CrashCounts) {
        counts.acknowledged += self.acknowledged;
        counts.folder_changes += self.folder_changes;
        counts.cut_off += self.cut_off;
        counts.refused += self.refused;
        counts.happened += self.ledger.happened;
        counts.read_back += self.read_back;
        counts.files += self.ledger.files.len();
    }
}

/// Its answer, unless the connection was cut.
pub(super) async fn in_time(request: Request) -> Option<Answer> {
    let answer = tokio::time::timeout(BOUND, request.try_send()).await;
    answer.unwrap_or_else(|_| panic!("no answer within {BOUND:?}")).ok()
}

/// Whether it says that database or store fail, as the contract wants it said.
pub(super) fn is_refusal(answer: &Answer) -> bool {
    if answer.status != 503 {
        return false;
    }
    answer.unavailable();
    true
}
