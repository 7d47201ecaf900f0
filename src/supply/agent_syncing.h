/* agent_syncing: a sync under way, for agent_sync.c and agent_carry.c. */
#ifndef SUPPLY_AGENT_SYNCING_H
#define SUPPLY_AGENT_SYNCING_H

#include "supply/agent_state.h"

struct syncing {
	struct agent *agent;
	struct sync_order order;
	struct agent_list list;
	struct agent_view view;
	struct reconcile_plan plan;
	struct sync_report report;
	bool looked; /* at numbers one by one */
};

/* Puts the sentence into the report, unless there is one; gives `err`. */
enum err sync_fail(struct syncing *syncing, enum err err, const char *sentence);
MUST_CHECK enum err sync_carry_out(struct syncing *syncing);

#endif
