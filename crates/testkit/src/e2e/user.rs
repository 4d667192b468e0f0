//! Somebody with an account.

use std::ops::Deref;

use serde_json::{Value, json};

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
    pub tokens: Value,
}

impl User {
    /// Registers somebody new and logs them in.
    pub async fn register(api: &Api) -> Self {
        let email = format!("{}@example.com", unique("user-"));
        let password = unique("password-");
        api.secret(&password);
        let body = json!({"email": email, "password": password});
        let id = api.anonymous().post("/v1/auth/register").json(&body).send().await.expect(201).json()["id"]
            .as_str()
            .expect("a user has an id")
            .to_owned();
        let tokens = login(api, &email, &password).await.expect(200).json();
        let api = api.bearing(tokens["access_token"].as_str().expect("an access token"));
        Self { api, id, email, password, tokens }
    }

    /// Logs in once more: another session of the same user.
    pub async fn again(&self) -> Self {
        let tokens = login(&self.api, &self.email, &self.password).await.expect(200).json();
        let api = self.api.bearing(tokens["access_token"].as_str().expect("an access token"));
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

    /// The access token.
    pub fn access(&self) -> &str {
        self.tokens["access_token"].as_str().unwrap()
    }

    /// The refresh token of the login.
    pub fn refresh(&self) -> &str {
        self.tokens["refresh_token"].as_str().unwrap()
    }

    /// Asks who they are: 200 as long as the session lives.
    pub async fn me(&self) -> Answer {
        self.get("/v1/auth/me").send().await
    }

    /// What they keep: bytes and files.
    pub async fn storage(&self) -> (u64, u64) {
        let storage = self.me().await.expect(200).json()["storage"].clone();
        (storage["used_bytes"].as_u64().unwrap(), storage["file_count"].as_u64().unwrap())
    }

    /// Spends a refresh token.
    pub async fn spend(&self, token: &str) -> Answer {
        self.secret(token);
        self.anonymous().post("/v1/auth/refresh").json(&json!({"refresh_token": token})).send().await
    }

    /// The path of a file's own route.
    pub fn path(file: &Value) -> String {
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
    api.anonymous().post("/v1/auth/login").json(&json!({"email": email, "password": password})).send().await
}
