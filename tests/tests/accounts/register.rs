//! `POST /v1/auth/register`

use fm_e2e::{Api, Lane, on_every_lane, unique};
use serde_json::json;

async fn registering_answers_with_the_user_and_nothing_secret(lane: Lane) {
    let api = Api::on(lane);
    let email = format!("{}@Example.com", unique("New."));
    let body = json!({"email": email, "password": "a long password", "name": "Zoë"});
    let answer = api.post("/v1/auth/register").json(&body).send().await.expect(201);
    let user = answer.json();
    assert_eq!(user["email"], email, "the address stays as it was written");
    assert_eq!(user["name"], "Zoë");
    assert_eq!(user["role"], "user");
    assert_eq!(user["id"].as_str().unwrap().len(), 36);
    assert!(user["created_at"].as_str().unwrap().ends_with('Z'));
    let mut members: Vec<&String> = user.as_object().unwrap().keys().collect();
    members.sort_unstable();
    assert_eq!(members, ["created_at", "email", "id", "name", "role"]);
    assert_eq!(answer.field("cache-control"), "private, no-store");
}

async fn a_name_may_be_left_out(lane: Lane) {
    let api = Api::on(lane);
    let body = json!({"email": format!("{}@example.com", unique("n")), "password": "a long password"});
    let user = api.post("/v1/auth/register").json(&body).send().await.expect(201).json();
    assert!(user["name"].is_null() && user.as_object().unwrap().contains_key("name"));
}

async fn an_address_is_taken_in_any_case(lane: Lane) {
    let api = Api::on(lane);
    let user = api.user().await;
    for email in [user.email.clone(), user.email.to_uppercase()] {
        let body = json!({"email": email, "password": "another password"});
        api.post("/v1/auth/register").json(&body).send().await.problem(409, "email_taken");
    }
}

async fn of_two_parallel_registrations_one_wins(lane: Lane) {
    let api = Api::on(lane);
    let body = json!({"email": format!("{}@example.com", unique("race")), "password": "a long password"});
    let attempts = (0..6).map(|_| api.post("/v1/auth/register").json(&body).send());
    let mut statuses: Vec<u16> =
        futures_util::future::join_all(attempts).await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409]);
}

async fn bad_addresses_are_refused_by_their_pointer(lane: Lane) {
    let api = Api::on(lane);
    let long = format!("{}@example.com", "x".repeat(250));
    let invisible = [
        "a\u{200b}b@example.com",
        "a\u{3164}b@example.com",
        "a\u{ad}b@example.com",
        "a\u{202e}b@example.com",
        "a@exam\u{ad}ple.com",
    ];
    let malformed =
        ["", "grace", "@example.com", "a@", "a b@example.com", "a@example", "a@b\u{0}.com", &long];
    for email in malformed.into_iter().chain(invisible) {
        let body = json!({"email": email, "password": "a long password"});
        api.post("/v1/auth/register").json(&body).send().await.invalid(&["/email"]);
    }
}

async fn passwords_have_8_to_128_characters(lane: Lane) {
    let api = Api::on(lane);
    for (password, status) in [
        ("seven77", 422),
        ("eight888", 201),
        ("ééééééé", 422),
        ("éèéèéèéè", 201),
        (&"xy".repeat(64), 201),
        (&format!("{}z", "xy".repeat(64)), 422),
        // One repeated character, and one of the most common ones.
        ("éééééééé", 422),
        ("password", 422),
        ("", 422),
    ] {
        let body = json!({"email": format!("{}@example.com", unique("p")), "password": password});
        let answer = api.post("/v1/auth/register").json(&body).send().await.expect(status);
        if status == 422 {
            answer.invalid(&["/password"]);
        }
    }
}

async fn every_bad_member_is_named_at_once(lane: Lane) {
    let api = Api::on(lane);
    let body = json!({"email": "grace", "password": "short", "name": "\u{7}"});
    api.post("/v1/auth/register").json(&body).send().await.invalid(&["/email", "/name", "/password"]);
}

async fn a_refused_registration_leaves_no_account(lane: Lane) {
    let api = Api::on(lane);
    let email = format!("{}@example.com", unique("ghost"));
    let body = json!({"email": email, "password": "short"});
    api.post("/v1/auth/register").json(&body).send().await.invalid(&["/password"]);
    let body = json!({"email": email, "password": "a long password"});
    api.post("/v1/auth/register").json(&body).send().await.expect(201);
}

async fn no_visitor_registers_where_registration_is_closed(lane: Lane) {
    let api = Api::with(lane, &[("REGISTRATION_OPEN", "0")]);
    let body = json!({"email": "a@example.com", "password": "a long password"});
    api.post("/v1/auth/register").json(&body).send().await.problem(403, "forbidden");
    api.post("/v1/auth/login").json(&body).send().await.problem(401, "invalid_credentials");
}

on_every_lane![
    registering_answers_with_the_user_and_nothing_secret,
    a_name_may_be_left_out,
    an_address_is_taken_in_any_case,
    of_two_parallel_registrations_one_wins,
    bad_addresses_are_refused_by_their_pointer,
    passwords_have_8_to_128_characters,
    every_bad_member_is_named_at_once,
    a_refused_registration_leaves_no_account,
    no_visitor_registers_where_registration_is_closed,
];
