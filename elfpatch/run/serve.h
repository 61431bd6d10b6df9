/* SPDX-License-Identifier: BSD-2-Clause */
/* A job of elfpatch run's broker, done by elfpatch-main. */
#ifndef RUN_SERVE_H
#define RUN_SERVE_H

/* JOB_ARGUMENTS of them (broker.h). Returns an exit status. */
int serve_job(char **arguments);

#endif
