-- Accounts as billing_units publishes them: what decides there what people may do.
CREATE TABLE account (
    account_id text COLLATE "C" PRIMARY KEY,
    version    integer NOT NULL CHECK (version > 0),
    access     text COLLATE "C" NOT NULL CHECK (access IN ('basic_roles', 'access_groups')),
    deleted    boolean NOT NULL
);

-- A person of one account. sign_in_name is folded to lower case; erasing a person empties both names.
CREATE TABLE person (
    account_id    text COLLATE "C" NOT NULL,
    person_id     uuid NOT NULL,
    version       integer NOT NULL CHECK (version > 0),
    sign_in_name  text COLLATE "C" NOT NULL,
    name          text NOT NULL,
    password_hash text COLLATE "C" NOT NULL,
    role          text COLLATE "C" NOT NULL CHECK (role IN ('admin', 'member')),
    access_groups text[] NOT NULL,
    units         uuid[] CHECK (cardinality(units) <= 100),
    active        boolean NOT NULL,
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (account_id, person_id),
    UNIQUE (account_id, sign_in_name)
);
CREATE INDEX person_by_sign_in_name ON person (sign_in_name);

-- Who is signed in: the cookie's SHA-256, never the cookie.
CREATE TABLE session (
    account_id   text COLLATE "C" NOT NULL,
    session_hash bytea NOT NULL,
    person_id    uuid NOT NULL,
    created_at   timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (account_id, session_hash),
    UNIQUE (session_hash),
    FOREIGN KEY (account_id, person_id) REFERENCES person (account_id, person_id)
);
CREATE INDEX session_by_person ON session (account_id, person_id);

-- Machines: the secret's SHA-256. It has 256 random bits, so there is nothing for a slow hash to protect.
CREATE TABLE api_key (
    account_id    text COLLATE "C" NOT NULL,
    key_id        uuid NOT NULL,
    name          text NOT NULL,
    secret_hash   bytea NOT NULL,
    access_groups text[] NOT NULL,
    units         uuid[] CHECK (cardinality(units) <= 100),
    created_by    text COLLATE "C" NOT NULL,
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz,
    last_used_at  timestamptz,
    revoked_at    timestamptz,
    PRIMARY KEY (account_id, key_id),
    UNIQUE (key_id)
);

-- Attempts to sign in, by the SHA-256 of what is throttled: a name, or an address. Pruned by a job.
CREATE TABLE sign_in_attempt (
    subject      bytea NOT NULL,
    attempted_at timestamptz NOT NULL
);
CREATE INDEX sign_in_attempt_by_subject ON sign_in_attempt (subject, attempted_at);

-- What was answered to a POST with an Idempotency-Key. status: NULL while it is being worked on.
CREATE TABLE idempotency_key (
    account_id   text COLLATE "C" NOT NULL,
    caller_id    text COLLATE "C" NOT NULL,
    key          text COLLATE "C" NOT NULL,
    request_hash bytea NOT NULL,
    status       smallint,
    headers      text COLLATE "C",
    body         bytea,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (account_id, caller_id, key)
);

-- The keys that statements are signed with: public halves only, each version as published.
CREATE TABLE signing_key (
    key_id         text COLLATE "C" PRIMARY KEY,
    version        integer NOT NULL CHECK (version > 0),
    public_key     text COLLATE "C" NOT NULL,
    valid_from_at  timestamptz NOT NULL,
    valid_until_at timestamptz NOT NULL
);

-- Before it is known who asks there is no account, so row-level security would show nothing. These functions say
-- which account to look in for a name, a cookie's hash or a key's id, and nothing else. Temporary tables are looked
-- at last, so that nobody can put one of the same name before ours.
CREATE FUNCTION accounts_of_sign_in_name(wanted text) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
    SELECT account_id FROM person WHERE sign_in_name = wanted AND active ORDER BY account_id LIMIT 5
$$;

CREATE FUNCTION account_of_session(wanted bytea) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
    SELECT account_id FROM session WHERE session_hash = wanted
$$;

CREATE FUNCTION account_of_api_key(wanted uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
    SELECT account_id FROM api_key WHERE key_id = wanted
$$;

-- Takes an attempt down and says how many there have been since: one statement, so that no attempt goes uncounted.
CREATE FUNCTION count_sign_in_attempt(wanted bytea, now_at timestamptz, since_at timestamptz) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
    INSERT INTO sign_in_attempt (subject, attempted_at) VALUES (wanted, now_at);
    SELECT count(*) FROM sign_in_attempt WHERE subject = wanted AND attempted_at > since_at
$$;

CREATE FUNCTION forget_sign_in_attempts(wanted bytea) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
    DELETE FROM sign_in_attempt WHERE subject = wanted
$$;

REVOKE EXECUTE ON FUNCTION accounts_of_sign_in_name(text), account_of_session(bytea), account_of_api_key(uuid),
    count_sign_in_attempt(bytea, timestamptz, timestamptz), forget_sign_in_attempts(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION accounts_of_sign_in_name(text), account_of_session(bytea), account_of_api_key(uuid),
    count_sign_in_attempt(bytea, timestamptz, timestamptz), forget_sign_in_attempts(bytea) TO @api@;

GRANT SELECT, DELETE ON session, idempotency_key, sign_in_attempt TO @ingest@;
GRANT SELECT, INSERT, UPDATE ON account, signing_key TO @ingest@;

GRANT SELECT ON account TO @api@;
GRANT SELECT, INSERT, UPDATE ON person, api_key TO @api@;
GRANT SELECT, INSERT, UPDATE, DELETE ON session, idempotency_key TO @api@;

ALTER TABLE account ENABLE ROW LEVEL SECURITY;
ALTER TABLE person ENABLE ROW LEVEL SECURITY;
ALTER TABLE session ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_key ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_account ON account TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON person TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON session TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON api_key TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON idempotency_key TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
