/* postgres: a real PostgreSQL for a test: in a temporary folder, on a socket in it, nothing synced. It dies with the
 * test, however that ends. PostgreSQL refuses to be root: then it is run as the user postgres, else nobody. */
#ifndef UNIT_DB_POSTGRES_H
#define UNIT_DB_POSTGRES_H

#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "unit/test.h"

#define POSTGRES_USER "bauta"

struct postgres {
	char bin[200];
	char folder[64];
	char url[200];       /* of the superuser */
	pid_t pid;           /* 0: stopped */
	FILE *log;           /* what it prints */
	const char *hba;     /* "trust", "scram-sha-256": how it lets people in */
};

static inline void postgres_drop_root(void)
{
	struct passwd *user = getpwnam("postgres");

	if (geteuid() != 0)
		return;
	if (!user)
		user = getpwnam("nobody");
	if (!user || setgroups(0, NULL) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)
		_exit(126);
}

/* Runs a program of PostgreSQL's as the one who may; what it prints goes to `out`. */
static inline pid_t postgres_run(struct postgres *postgres, int out, const char *const *words)
{
	char path[300];

	snprintf(path, sizeof path, "%s/%s", postgres->bin, words[0]);
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		/* A group of its own, so that it can be frozen whole. */
		setpgid(0, 0);
		postgres_drop_root();
		prctl(PR_SET_PDEATHSIG, SIGQUIT);
		if (chdir(postgres->folder) != 0)
			_exit(126);
		dup2(out, 1);
		dup2(out, 2);
		execv(path, (char *const *)words);
		_exit(127);
	}
	return pid;
}

static inline void postgres_start(struct postgres *postgres)
{
	char line[1000], last[1000] = "";
	int ends[2];
	const char *const words[] = {"postgres", "-D", "data", "-k", postgres->folder, "-c", "listen_addresses=", "-c",
		"fsync=off", "-c", "shared_buffers=16MB", "-c", "max_connections=20", "-c", "log_min_messages=log", "-c",
		"logging_collector=off", "-c", "log_checkpoints=off", "-c", "log_autovacuum_min_duration=-1", NULL};

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	postgres->pid = postgres_run(postgres, ends[1], words);
	close(ends[1]);
	postgres->log = fdopen(ends[0], "r");
	while (fgets(line, sizeof line, postgres->log)) {
		if (strstr(line, "ready to accept connections"))
			return;
		snprintf(last, sizeof last, "%s", line);
	}
	fail_msg("PostgreSQL doesn't start: %s", last);
}

/* SIGINT: at once, in order. SIGQUIT: as in a crash. */
static inline void postgres_stop(struct postgres *postgres, int with)
{
	char line[1000];

	if (postgres->pid == 0)
		return;
	kill(postgres->pid, with);
	while (fgets(line, sizeof line, postgres->log))
		; /* or it might wait for us to read */
	fclose(postgres->log);
	assert_int_equal(waitpid(postgres->pid, NULL, 0), postgres->pid);
	postgres->pid = 0;
}

/* Makes the folder and starts. `hba`: NULL: "trust"; else the superuser's password is "open sesame". */
static inline void postgres_new(struct postgres *postgres, const char *hba)
{
	const char *const words[] = {"initdb", "-D", "data", "-U", POSTGRES_USER, "-A", hba ? hba : "trust", "--pwfile",
		"password", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions", NULL};
	char path[100];
	glob_t found;
	int status = 0;

	*postgres = (struct postgres){.hba = hba};
	if (glob("/usr/lib/postgresql/*/bin", 0, NULL, &found) != 0)
		fail_msg("PostgreSQL is not installed (packages.txt)");
	snprintf(postgres->bin, sizeof postgres->bin, "%s", found.gl_pathv[found.gl_pathc - 1]);
	globfree(&found);
	snprintf(postgres->folder, sizeof postgres->folder, "/tmp/bauta_pg_XXXXXX");
	assert_non_null(mkdtemp(postgres->folder));
	snprintf(path, sizeof path, "%s/password", postgres->folder);
	FILE *file = fopen(path, "w");
	fputs("open sesame\n", file);
	fclose(file);
	/* Only root needs it, and may do it. */
	struct passwd *user = getpwnam("postgres");
	user = user ? user : getpwnam("nobody");
	if (geteuid() == 0 && user) {
		assert_int_equal(chown(path, user->pw_uid, user->pw_gid), 0);
		assert_int_equal(chown(postgres->folder, user->pw_uid, user->pw_gid), 0);
	}
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	pid_t pid = postgres_run(postgres, nowhere, words);
	close(nowhere);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	snprintf(postgres->url, sizeof postgres->url, "postgres://" POSTGRES_USER ":open%%20sesame@/postgres?host=%s",
		postgres->folder);
	postgres_start(postgres);
}

static inline int postgres_remove(const char *path, const struct stat *stat, int kind, struct FTW *at)
{
	(void)stat;
	(void)kind;
	(void)at;
	return remove(path);
}

static inline void postgres_free(struct postgres *postgres)
{
	postgres_stop(postgres, SIGQUIT);
	nftw(postgres->folder, postgres_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void postgres_unheard(void *context, const char *message)
{
	(void)context;
	(void)message;
}

/* Runs statements as the superuser; the first value of the last result, "" if there is none. */
static inline const char *postgres_ask(struct postgres *postgres, const char *statements)
{
	static char value[4096];
	PGconn *conn = PQconnectdb(postgres->url);
	PQsetNoticeProcessor(conn, postgres_unheard, NULL);
	PGresult *result = PQexec(conn, statements);

	if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", statements, PQerrorMessage(conn));
	snprintf(value, sizeof value, "%s", PQntuples(result) ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	PQfinish(conn);
	return value;
}

#endif
