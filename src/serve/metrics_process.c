#include "serve/metrics_process.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static uint64_t resident_bytes(void)
{
	unsigned long long all, resident = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (!file)
		return 0;
	if (fscanf(file, "%llu %llu", &all, &resident) != 2)
		resident = 0;
	fclose(file);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint32_t open_fds(void)
{
	DIR *folder = opendir("/proc/self/fd");
	uint32_t n = 0;

	if (!folder)
		return 0;
	while (readdir(folder))
		n++;
	closedir(folder);
	return n > 3 ? n - 3 : 0; /* ".", ".." and the folder itself */
}

static double cpu_s(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) != 0)
		return 0;
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* Field 22 of /proc/self/stat, ticks after boot; the second field may hold blanks and brackets. */
static double start_ticks(void)
{
	char text[1024];
	FILE *file = fopen("/proc/self/stat", "re");

	if (!file)
		return 0;
	size_t n = fread(text, 1, sizeof text - 1, file);
	fclose(file);
	text[n] = '\0';
	char *at = strrchr(text, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at ? strtod(at, NULL) : 0;
}

static double boot_s(void)
{
	char line[256];
	unsigned long long at = 0;
	FILE *file = fopen("/proc/stat", "re");

	if (!file)
		return 0;
	while (fgets(line, sizeof line, file))
		if (sscanf(line, "btime %llu", &at) == 1)
			break;
	fclose(file);
	return (double)at;
}

void process_figures_read(struct process_figures *ret_figures)
{
	double boot = boot_s(), ticks = start_ticks();

	*ret_figures = (struct process_figures){
		.resident_bytes = resident_bytes(),
		.open_fds = open_fds(),
		.cpu_s = cpu_s(),
		.start_s = boot > 0 && ticks > 0 ? boot + ticks / (double)sysconf(_SC_CLK_TCK) : 0,
	};
}
