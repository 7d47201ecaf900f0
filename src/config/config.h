/* config: bauta.yaml, the environment and --set, checked against one schema.
 *
 * Order: defaults, file, environment (BAUTA_LISTEN, BAUTA_LIMITS_SESSIONS, ...), --set a.b=c, options of
 * the command line. Any error is one sentence with file:line (or the variable's or option's name) and the
 * key. Memory: one config owns all its texts. Relative paths in a file are relative to the file's folder,
 * others to the working directory. The schema is config_schema.c; manual: bauta.yaml(5).
 *
 *   file --config_yaml--.
 *   environ --config_env-+--> config_settings --config_schema, config_value, config_account--> struct config
 *   --set --config_env--'
 */
#ifndef CONFIG_H
#define CONFIG_H

#include "core/limits.h"
#include "provider/provider.h"
#include "wire/event_map.h"

#define CONFIG_WEBHOOKS_MAX 32
#define CONFIG_WEBHOOK_TYPES_MAX 16

/* Texts are NULL where nothing was said and there is no default. Secrets come from files too (`..._file`). */
struct config_kafka {
	char *brokers;           /* NULL: no Kafka at all */
	char *orders_topic;      /* "orders"; "" (said so): nothing is consumed */
	char *events_topic;      /* "bauta.sessions"; "": nothing is produced */
	char *dead_letter_topic; /* "bauta.dead"; "": the table alone */
	char *group;             /* "bauta" */
	char *instance;          /* group.instance.id: static membership; NULL: by the store's own identity; "": none */
	char *tenant;            /* whose orders they are; "main" */
	char *client_id;         /* "bauta" */
	char *security_protocol; /* plaintext, ssl, sasl_plaintext, sasl_ssl */
	char *sasl_mechanism, *sasl_username, *sasl_password;
	char *ssl_ca, *ssl_certificate, *ssl_key;
	uint32_t dead_max;       /* dead letters and parked events kept; at the limit consuming pauses; 100000 */
};

struct config_orders_db {
	char *url;               /* postgres://...; NULL: none. Also url_file: it holds a password */
	char *upsert;            /* the statement; checked by wire/sql_named.h; NULL: the default one (packaging/orders_db.sql) */
};

/* An endpoint that gets events, signed after Standard Webhooks. */
struct config_webhook {
	char name[33];
	char *url;
	char *secret, *secret_2; /* "whsec_" and base64, 24..64 bytes; the second while rotating: both sign */
	char *tenant;            /* whose events; "main" */
	char *ca;                /* file of certificates to trust beside the system's; NULL */
	bool allow_private;      /* loopback and private addresses */
	char *types[CONFIG_WEBHOOK_TYPES_MAX]; /* "session.live", "call.*"; none: all */
	int types_n;
	uint32_t timeout_ms;     /* 15000 */
};

struct config_limits {
	struct limits engine;
	uint32_t connections;
	uint32_t workers;
	uint32_t queue;      /* changes on their way to the writer */
	uint32_t call_queue; /* call records on their way to the writer; what does not fit is counted and dropped */
	uint32_t messages;   /* texts that wait for their provider; 10000 */
	uint32_t commands;   /* for calls, that wait for their provider's answer; 1024 (serve/commander.h) */
	uint32_t outbox;     /* events kept for sinks; 1000000: past it the oldest go, sent or not */
};

struct config {
	char *listen;          /* "127.0.0.1:8080" */
	char *admin_listen;    /* livez, readyz, metrics on another address; NULL: the same */
	char *public_url;      /* without a slash at the end; NULL: http://LISTEN */
	char *tls_certificate, *tls_key;
	char *data;            /* folder */
	char *store;           /* "sqlite" or "memory" */
	char *key_file;        /* NULL: DATA/bauta.key */
	char *log_level;       /* "error", "warn", "info", "debug" */
	char *log_format;      /* "logfmt", "json" */
	bool accept_clock;
	uint32_t tombstone_s;
	uint32_t deadline_ms;  /* our wall for a provider's question; 800 */
	struct config_limits limits;
	struct account *accounts;
	int accounts_n;
	struct config_kafka kafka;
	struct config_orders_db orders_db;
	struct config_webhook *webhooks;
	int webhooks_n;
	struct event_map *mapping; /* foreign events; NULL: none */
	uint32_t outbox_keep_s;    /* how long sent events are kept for a replay; 3 days */
};

struct config_sources {
	const char *file;             /* NULL: none */
	const char *const *sets;      /* "a.b=c"; NULL ends; may be NULL */
	char *const *environment;     /* as environ; may be NULL */
	const char *listen, *data;    /* options; NULL: not given */
};

/* Errors (up to 20 sentences and as fit, newline between) go to ret_errors. ERR_BAD_REQUEST. Secret files are read
 * here; account dialplans are filled. */
MUST_CHECK enum err config_read(const struct config_sources *sources, struct config **ret_config, struct buf *ret_errors);
void config_free(struct config *config);

/* Bytes that the limits add up to, as a table for people: `bauta check`. */
void config_memory(const struct config *config, struct buf *out);

#endif
