#include "demo/demo_server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/str.h"
#include "demo/demo_clock.h"

#define START_MS 60000
#define END_MS 15000
#define LOOK_MS 50 /* how often we look at our own signals meanwhile */
#define KEY_LINE "api key (shown once): "
#define READY_LINE "ready "

/* The environment without what would configure the server. Freed by the caller; the texts are environ's. */
static char **clean_environment(void)
{
	int n = 0, kept = 0;

	while (environ[n])
		n++;
	char **clean = calloc((size_t)n + 1, sizeof *clean);
	ASSERT(clean);
	for (int i = 0; i < n; i++)
		if (strncmp(environ[i], "BAUTA_", 6) != 0 && strncmp(environ[i], "NOTIFY_SOCKET=", 14) != 0)
			clean[kept++] = environ[i];
	return clean;
}

/* In the child, between fork and exec: system calls only. */
_Noreturn static void become_server(
	const struct demo_server *server, int out, int err, char *const *argv, char **env, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	sigprocmask(SIG_SETMASK, &server->stop->before, NULL);
	if (getppid() != parent)
		_exit(1); /* the parent was gone before it could be watched */
	int null = open("/dev/null", O_RDONLY);
	if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
		dup2(err, STDERR_FILENO) >= 0)
		execve("/proc/self/exe", argv, env);
	_exit(127);
}

static pid_t spawn(const struct demo_server *server, const char *listen, int out, int err)
{
	const char *argv[] = {
		"bauta", "serve", "-c", server->config, listen ? "--listen" : NULL, listen, NULL};
	char **env = clean_environment();
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid == 0)
		become_server(server, out, err, (char *const *)argv, env, parent);
	free(env);
	return pid;
}

/* What follows `prefix` on the line; what is too long is as good as not said. */
static void take_word(const char *line, const char *prefix, char *word, size_t size)
{
	size_t len = strlen(prefix);

	if (strncmp(line, prefix, len) == 0)
		str_copy(word, size, str_of(line + len));
}

/* Lines up to `ready`. False: it ended, or time is over, or we are told to stop. */
static bool read_ready(struct demo_server *server)
{
	double until = demo_clock_ms() + START_MS;
	char line[400];
	size_t len = 0;

	while (demo_clock_ms() < until && demo_stop_pause(server->stop, 0)) {
		struct pollfd ready = {.fd = server->out, .events = POLLIN};
		if (poll(&ready, 1, LOOK_MS) <= 0)
			continue;
		char c;
		ssize_t got = read(server->out, &c, 1);
		if (got == 0)
			return false;
		if (got < 0)
			continue;
		if (c != '\n' && len < sizeof line - 1) {
			line[len++] = c;
			continue;
		}
		line[len] = '\0';
		len = 0;
		take_word(line, KEY_LINE, server->key, sizeof server->key);
		take_word(line, READY_LINE, server->url, sizeof server->url);
		if (server->url[0])
			return true;
	}
	return false;
}

bool demo_server_start(struct demo_server *server, const char *listen)
{
	int pipes[2] = {-1, -1};
	int err = open(server->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	ASSERT(server->pid == 0);
	server->url[0] = '\0';
	if (err >= 0 && pipe2(pipes, O_CLOEXEC) == 0) {
		pid_t pid = spawn(server, listen, pipes[1], err);
		server->pid = pid > 0 ? pid : 0;
		close(pipes[1]);
		server->out = pipes[0];
	}
	if (err >= 0)
		close(err);
	if (server->pid && read_ready(server))
		return true;
	demo_server_kill(server);
	return false;
}

const char *demo_server_ending(const struct demo_server *server, char text[64])
{
	if (WIFSIGNALED(server->status))
		snprintf(text, 64, "%s", strsignal(WTERMSIG(server->status)));
	else
		snprintf(text, 64, "exit status %d", WEXITSTATUS(server->status));
	return text;
}

static void close_out(struct demo_server *server)
{
	if (server->out >= 0)
		close(server->out);
	server->out = -1;
}

void demo_server_kill(struct demo_server *server)
{
	if (server->pid) {
		kill(server->pid, SIGKILL);
		while (waitpid(server->pid, &server->status, 0) < 0 && errno == EINTR)
			;
	}
	server->pid = 0;
	close_out(server);
}

bool demo_server_end(struct demo_server *server)
{
	double until = demo_clock_ms() + END_MS;
	struct timespec look = {.tv_nsec = LOOK_MS * 1000000};
	sigset_t child;

	if (!server->pid)
		return true;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	kill(server->pid, SIGTERM);
	while (waitpid(server->pid, &server->status, WNOHANG) == 0) {
		if (demo_clock_ms() >= until) {
			demo_server_kill(server);
			return false;
		}
		sigtimedwait(&child, NULL, &look);
	}
	server->pid = 0;
	close_out(server);
	return WIFEXITED(server->status) && WEXITSTATUS(server->status) == 0;
}

bool demo_server_runs(struct demo_server *server)
{
	if (server->pid && waitpid(server->pid, &server->status, WNOHANG) != 0) {
		server->pid = 0;
		close_out(server);
	}
	return server->pid != 0;
}
