/* Runs a program and writes what it cost: wall, user and system time in microseconds, peak memory in KiB, exit code.
 *
 *   spawn RESULT LOG PROGRAM ARGUMENT...
 *
 * Small on purpose: Linux counts the memory of the process that forks to the peak of its child, so a measurement
 * started by an interpreter shows the interpreter. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long microseconds(struct timeval time) { return time.tv_sec * 1000000LL + time.tv_usec; }

int main(int argc, char **argv) {
    if (argc < 4) return 125;
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    pid_t child = vfork();
    if (child < 0) return 125;
    if (child == 0) {
        int log = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
        if (log < 0) _exit(126);
        dup2(log, 1);
        dup2(log, 2);
        execvp(argv[3], argv + 3);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) < 0) return 125;
    clock_gettime(CLOCK_MONOTONIC, &end);
    long long wall = (end.tv_sec - start.tv_sec) * 1000000LL + (end.tv_nsec - start.tv_nsec) / 1000;
    FILE *out = fopen(argv[1], "w");
    if (!out) return 125;
    fprintf(out, "%lld %lld %lld %ld %d\n", wall, microseconds(usage.ru_utime), microseconds(usage.ru_stime),
            usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
    fclose(out);
    return 0;
}
