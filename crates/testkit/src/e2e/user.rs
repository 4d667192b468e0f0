//! A user with an account.

use std::ops::Deref;

use fm_api_types::{
    Account, File, Login, Refresh, Registration, Secret, Session, SessionList, Storage, TokenPair,
};

use super::{Answer, Api, unique};

/// A registered user, logged in: a client with their access token.
#[derive(Clone)]
pub struct User {
    api: Api,
    /// Their id.
    pub id: String,
    /// Their address.
    pub email: String,
    /// Their password.
    pub password: String,
    /// The token pair of the login.
    pub tokens: TokenPair,
}

impl User {
    /// Registers a new user and logs them in.
    pub async fn register(api: &Api) -> Self {
        let email = format!("{}@example.com", unique("user-"));
        let password = unique("password-");
        api.secret(&password);
        let body = Registration { email: email.clone(), password: Secret::new(&*password), name: None };
        let registered = api.anonymous().post("/v1/auth/register").json(&body).send().await.expect(201);
        let id = registered.parse::<fm_api_types::User>().id.to_string();
        let tokens: TokenPair = login(api, &email, &password).await.expect(200).parse();
        let api = api.bearing(tokens.access_token.expose());
        Self { api, id, email, password, tokens }
    }

    /// Logs in once more: another session of the same user.
    pub async fn again(&self) -> Self {
        let tokens: TokenPair = login(&self.api, &self.email, &self.password).await.expect(200).parse();
        let api = self.api.bearing(tokens.access_token.expose());
        Self { api, tokens, ..self.clone() }
    }

    /// Logs in once more, if that can be done.
    pub async fn again_or_not(&self) -> Answer {
        login(&self.api, &self.email, &self.password).await
    }

    /// The same user with a newer access token.
    #[must_use]
    pub fn renewed(&self, access_token: &str) -> Self {
        Self { api: self.api.bearing(access_token), ..self.clone() }
    }

    /// The same user, who asks another node from now on.
    #[must_use]
    pub fn at(&self, node: &Api) -> Self {
        node.secret(&self.password);
        Self { api: self.api.at(node), ..self.clone() }
    }

    /// The access token.
    pub fn access(&self) -> &str {
        self.tokens.access_token.expose()
    }

    /// The refresh token of the login.
    pub fn refresh(&self) -> &str {
        self.tokens.refresh_token.expose()
    }

    /// Asks who they are: 200 as long as the session lives.
    pub async fn me(&self) -> Answer {
        self.get("/v1/auth/me").send().await
    }

    /// What they keep: bytes and files.
    pub async fn storage(&self) -> (u64, u64) {
        let storage = self.counters().await;
        (storage.used_bytes, storage.file_count)
    }

    /// What they keep, in all its parts.
    pub async fn counters(&self) -> Storage {
        self.me().await.expect(200).parse::<Account>().storage
    }

    /// Their sessions, newest first.
    pub async fn sessions(&self) -> Vec<Session> {
        self.get("/v1/auth/sessions").send().await.expect(200).parse::<SessionList>().items
    }

    /// Spends a refresh token.
    pub async fn spend(&self, token: &str) -> Answer {
        self.secret(token);
        let body = Refresh { refresh_token: Some(Secret::new(token)) };
        self.anonymous().post("/v1/auth/refresh").json(&body).send().await
    }

    /// The path of a file's own route.
    pub fn path(file: &File) -> String {
        super::api::path_of(file)
    }
}

impl Deref for User {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}

async fn login(api: &Api, email: &str, password: &str) -> Answer {
    let body = Login { email: email.to_owned(), password: Secret::new(password) };
    api.anonymous().post("/v1/auth/login").json(&body).send().await
}
