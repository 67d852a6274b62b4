//! Lists and their cursors (conventions §6).

use leasehold_testkit::{Backend, Client, Dialect, TestServer, on_each_backend};
use serde_json::{Value, json};

fn ids(list: &Value) -> Vec<String> {
    let data = list["data"].as_array().unwrap();
    data.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

/// The cursor members of a Q list must agree with its rows.
#[track_caller]
fn assert_ends(list: &Value, next: Option<&str>, more: bool) {
    let all = ids(list);
    assert_eq!(list["first_id"].as_str(), all.first().map(String::as_str), "{list}");
    assert_eq!(list["last_id"].as_str(), all.last().map(String::as_str), "{list}");
    assert_eq!(list["next_page"].as_str(), next, "{list}");
    assert_eq!(list["has_more"], more, "{list}");
    assert_eq!(list.as_object().unwrap().len(), 5, "{list}");
}

/// The lists of dialect Q and of the native paths, each with five rows, in the order of the list.
async fn lists<'a>(server: &'a TestServer) -> Vec<(Client<'a>, String, Vec<String>)> {
    let (q, native) = (server.q(), server.native());
    let queue = q.environment().await;
    let mut environments = vec![queue.clone()];
    let (mut sessions, mut work, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..4 {
        environments.push(q.environment().await);
    }
    for _ in 0..5 {
        let item = q.item_in(&queue).await;
        sessions.push(item.session);
        work.push(item.id);
        let path = format!("/environments/{queue}/keys");
        let key = native.post(path, json!({"name": "k"})).await.expect(201);
        keys.push(key["id"].as_str().unwrap().to_owned());
    }
    environments.reverse();
    sessions.reverse();
    keys.reverse();
    vec![
        (q.clone(), "/environments".to_owned(), environments),
        (q.clone(), "/sessions".to_owned(), sessions),
        (q, format!("/environments/{queue}/work"), work),
        (native, format!("/environments/{queue}/keys"), keys),
    ]
}

#[tokio::test]
async fn a_list_is_read_page_by_page_in_both_directions() {
    on_each_backend(async |server: &TestServer| {
        for (client, path, all) in lists(server).await {
            let page = async |query: &str| client.get(format!("{path}?{query}")).await.expect(200);
            let whole = page("").await;
            assert_eq!(ids(&whole), all, "{path}");
            assert_ends(&whole, None, false);

            let first = page("limit=2").await;
            assert_eq!(ids(&first), all[..2]);
            assert_ends(&first, Some(&all[1]), true);
            let second = page(&format!("limit=2&page={}", all[1])).await;
            assert_eq!(ids(&second), all[2..4]);
            assert_ends(&second, Some(&all[3]), true);
            let third = page(&format!("limit=2&page={}", all[3])).await;
            assert_eq!(ids(&third), all[4..]);
            assert_ends(&third, None, false);
            let beyond = page(&format!("page={}", all[4])).await;
            assert_ends(&beyond, None, false);

            let after = page(&format!("limit=3&after_id={}", all[1])).await;
            assert_eq!(ids(&after), all[2..]);
            assert_ends(&after, None, false);
            // The rows that immediately precede, still in list order.
            let before = page(&format!("limit=2&before_id={}", all[4])).await;
            assert_eq!(ids(&before), all[2..4]);
            assert_ends(&before, None, true);
            let before = page(&format!("limit=2&before_id={}", all[2])).await;
            assert_eq!(ids(&before), all[..2]);
            assert_ends(&before, None, false);
            // An empty cursor is none.
            assert_eq!(ids(&page("page=&before_id=&limit=1").await), all[..1]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_cursor_must_be_an_id_of_the_list_and_be_alone() {
    on_each_backend(async |server: &TestServer| {
        for (client, path, all) in lists(server).await {
            let id = &all[0];
            for query in [
                format!("page={id}&after_id={id}"),
                format!("before_id={id}&after_id={id}"),
                format!("page={id}&before_id={id}"),
                format!("page={id}&page={id}"),
                "page=x".to_owned(),
                "after_id=acct_1".to_owned(),
                "before_id=file_ffffffffffffffffffffffffffffffff".to_owned(),
            ] {
                let reply = client.get(format!("{path}?{query}")).await;
                reply.refused(400, "invalid_request_error");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_limit_is_1_to_100_and_a_queue_caps_it() {
    on_each_backend(async |server: &TestServer| {
        for (client, path, _) in lists(server).await {
            for wrong in ["0", "-1", "x", "1.5", "", "%20", "+5"] {
                client.get(format!("{path}?limit={wrong}")).await.invalid("limit");
            }
            client.get(format!("{path}?limit=100")).await.expect(200);
            for large in ["101", "99999999999999999999"] {
                let reply = client.get(format!("{path}?limit={large}")).await;
                if path.ends_with("/work") {
                    reply.expect(200);
                } else {
                    reply.invalid("limit");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn twenty_rows_are_a_page_and_a_hundred_the_longest() {
    let server = TestServer::start(Backend::Memory).await;
    let q = server.q();
    let environment = q.environment().await;
    for _ in 0..101 {
        q.session(&environment).await;
    }
    let queue = format!("/environments/{environment}/work");
    for (path, rows) in [
        ("/sessions".to_owned(), 20),
        ("/sessions?limit=100".to_owned(), 100),
        (queue.clone(), 20),
        (format!("{queue}?limit=1000"), 100),
    ] {
        let list = q.get(path).await.expect(200);
        assert_eq!(list["data"].as_array().unwrap().len(), rows);
        assert_eq!(list["has_more"], true);
    }
    let a = server.a();
    let key = a.with(&server.key(&environment).await);
    for (client, path) in [(&a, "/sessions"), (&key, &queue)] {
        let list = client.get(format!("{path}?limit=1000")).await.expect(200);
        assert_eq!(list["data"].as_array().unwrap().len(), 101);
        client.get(format!("{path}?limit=0")).await.refused(400, "invalid_request_error");
        client.get(format!("{path}?limit=1001")).await.refused(400, "invalid_request_error");
    }
}

#[tokio::test]
async fn a_cursor_outlives_its_row_and_filters_may_change() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let mut all = Vec::new();
        for _ in 0..3 {
            all.push(q.environment().await);
        }
        q.delete(format!("/environments/{}", all[1])).await.expect(200);
        let rest = q.get(format!("/environments?page={}", all[1])).await.expect(200);
        assert_eq!(ids(&rest), all[..1]);
        q.call(format!("/environments/{}/archive", all[0])).await.expect(200);
        let page = format!("/environments?page={}", all[1]);
        assert_eq!(ids(&q.get(&page).await.expect(200)), [] as [&str; 0]);
        let with = q.get(format!("{page}&include_archived=true")).await.expect(200);
        assert_eq!(ids(&with), all[..1]);
    })
    .await;
}

#[tokio::test]
async fn lists_of_a_are_read_by_their_next_page() {
    on_each_backend(async |server: &TestServer| {
        let a = server.client(Dialect::A);
        let environment = a.environment().await;
        let mut items = Vec::new();
        for _ in 0..3 {
            items.push(a.item_in(&environment).await);
        }
        let key = a.with(&server.key(&environment).await);
        let sessions: Vec<String> = items.iter().rev().map(|item| item.session.clone()).collect();
        let work: Vec<String> = items.iter().map(|item| item.id.clone()).collect();
        let queue = format!("/environments/{environment}/work");
        for (client, path, all) in [(&a, "/sessions", sessions), (&key, &*queue, work)] {
            let (mut read, mut page) = (Vec::new(), String::new());
            loop {
                let list = client.get(format!("{path}?limit=2&page={page}")).await.expect(200);
                read.extend(ids(&list));
                match list["next_page"].as_str() {
                    Some(next) => next.clone_into(&mut page),
                    None => break,
                }
            }
            assert_eq!(read, all);
        }
    })
    .await;
}
