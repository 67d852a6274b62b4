//! The list of events in dialect Q (events §4).

use leasehold_testkit::{Client, TestServer, on_each_backend};
use serde_json::{Value, json};

/// A session with a turn in its log and two messages that wait; its path of events and the ids in
/// order.
async fn told(server: &TestServer) -> (String, Vec<String>) {
    let q = server.q();
    let environment = q.environment().await;
    let session = q.session(&environment).await;
    q.say(&session, "first").await.expect(200);
    let mut runner = server.runner().await;
    runner.ask().await;
    server.advance_seconds(60);
    q.say(&session, "second").await.expect(200);
    q.say(&session, "third").await.expect(200);
    (q.events(&session), ids(&q.log(&session).await))
}

fn ids(data: &[Value]) -> Vec<String> {
    data.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

async fn page(q: &Client<'_>, path: &str) -> (Vec<String>, Value) {
    let list = q.get(path).await.expect(200);
    (ids(list["data"].as_array().unwrap()), list)
}

#[tokio::test]
async fn pages_follow_each_other_through_the_log_and_what_waits() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let (path, all) = told(server).await;
        assert_eq!(all.len(), 6);
        for order in ["asc", "desc"] {
            let mut expected = all.clone();
            if order == "desc" {
                expected.reverse();
            }
            for limit in 1..=7 {
                let mut seen = Vec::new();
                let mut cursor = String::new();
                loop {
                    let (ids, list) =
                        page(&q, &format!("{path}?order={order}&limit={limit}&page={cursor}"))
                            .await;
                    assert_eq!(list["first_id"], json!(ids.first()));
                    assert_eq!(list["last_id"], json!(ids.last()));
                    assert_eq!(list["has_more"], json!(!list["next_page"].is_null()));
                    seen.extend(ids);
                    match list["next_page"].as_str() {
                        Some(next) => cursor = next.to_owned(),
                        None => break,
                    }
                }
                assert_eq!(seen, expected, "{order} {limit}");
            }
            let (middle, _) =
                page(&q, &format!("{path}?order={order}&limit=2&before_id={}", expected[4])).await;
            assert_eq!(middle, expected[2..4]);
            let (after, _) =
                page(&q, &format!("{path}?order={order}&after_id={}", expected[3])).await;
            assert_eq!(after, expected[4..]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_that_was_cut_among_what_waits_goes_on_when_it_is_taken_in() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let environment = q.environment().await;
        let session = q.session(&environment).await;
        for words in ["first", "second", "third"] {
            q.say(&session, words).await.expect(200);
        }
        let path = q.events(&session);
        let (first, list) = page(&q, &format!("{path}?limit=4")).await;
        let mut runner = server.runner().await;
        runner.ask().await;
        let next = list["next_page"].as_str().unwrap();
        let (rest, _) = page(&q, &format!("{path}?page={next}")).await;
        let all = ids(&q.log(&session).await);
        assert_eq!([first, rest].concat(), all);
    })
    .await;
}

#[tokio::test]
async fn a_list_is_narrowed_by_type_and_time() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let (path, all) = told(server).await;
        for (query, expected) in [
            ("types[]=user.message", vec![2, 4, 5]),
            ("types%5B%5D=user.message&types[]=span.model_request_start", vec![2, 3, 4, 5]),
            ("types[]=user.message,span.model_request_start&limit=2", vec![2, 3]),
            ("types[]=user.message,weather.changed", vec![2, 4, 5]),
            ("types[]=weather.changed", vec![]),
            // By time, what waits is not there.
            ("created_at[lte]=2026-07-02T09:20:30Z", vec![0, 1, 2, 3]),
            ("created_at[gt]=2026-07-02T09:20:00.004310Z", vec![1, 2, 3]),
            ("created_at[gte]=2026-07-02T09:20:30Z", vec![]),
        ] {
            let (found, _) = page(&q, &format!("{path}?{query}")).await;
            let expected: Vec<String> =
                expected.into_iter().map(|i: usize| all[i].clone()).collect();
            assert_eq!(found, expected, "{query}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_query_that_is_not_acceptable_names_its_parameter() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let (path, all) = told(server).await;
        let (other, foreign) = told(server).await;
        assert_ne!(path, other);
        for (query, param) in [
            ("limit=0".to_owned(), "limit"),
            ("limit=1001".to_owned(), "limit"),
            ("limit=".to_owned(), "limit"),
            ("order=up".to_owned(), "order"),
            ("page=evt_1".to_owned(), "page"),
            (format!("page={}", all[0].replace("evt_", "sevt_")), "page"),
            (format!("after_id={}", foreign[0]), "after_id"),
            ("before_id=evt_00000000000070008000000000000000".to_owned(), "before_id"),
            (format!("page={}&after_id={}", all[0], all[0]), "after_id"),
            ("created_at[gt]=yesterday".to_owned(), "created_at[gt]"),
        ] {
            q.get(format!("{path}?{query}")).await.invalid(param);
        }
        assert_eq!(page(&q, &format!("{path}?limit=1000&page=")).await.0, all);
    })
    .await;
}

#[tokio::test]
async fn a_page_without_a_limit_has_twenty() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let environment = q.environment().await;
        let session = q.session(&environment).await;
        let interrupts = vec![json!({"type": "user.interrupt"}); 21];
        q.send(&session, json!(interrupts)).await.expect(200);
        let (ids, list) = page(&q, &q.events(&session)).await;
        assert_eq!((ids.len(), &list["has_more"]), (20, &json!(true)));
    })
    .await;
}
