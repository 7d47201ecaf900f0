/* metrics_process: what the kernel knows of this process, for /metrics. Linux's /proc. Threads: any. */
#ifndef METRICS_PROCESS_H
#define METRICS_PROCESS_H

#include <stdint.h>

struct process_figures {
	uint64_t resident_bytes;
	uint32_t open_fds;
	double cpu_s;
	double start_s; /* epoch seconds */
};

/* Figures that can't be read are 0. */
void process_figures_read(struct process_figures *ret_figures);

#endif
