import { readdir, readFile } from "node:fs/promises";

/** Clock ticks a second in /proc: 100 on every Linux that Node runs on. */
const TICKS = 100;

/** Milliseconds of processor time that a process has used; NaN where there is no /proc. */
export const cpuOf = (pid: number): Promise<number> => ticks(String(pid), 11);

/** The same of this process' children that have ended. */
export const childrenCpu = (): Promise<number> => ticks("self", 13);

/** The same of a process and all that it has started, those that have ended included. */
export async function treeCpu(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, "utf8").catch(() => ""));
  const children = (await Promise.all(lists)).flatMap((list) => list.split(" ").filter((child) => child !== ""));
  const parts = [cpuOf(pid), ticks(String(pid), 13), ...children.map((child) => treeCpu(Number(child)))];
  return (await Promise.all(parts)).reduce((sum, part) => sum + part, 0);
}

/** Bytes that a process has had in memory at most; 0 where there is no /proc, or when it has ended. */
export async function peakOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

/** Does work in child processes; with its result, the bytes that one of them had in memory at most, read twice a second. */
export async function peakOfChildren<T>(work: () => Promise<T>): Promise<[result: T, bytes: number]> {
  let peak = 0;
  const look = async (): Promise<void> => {
    const children = await readFile(`/proc/self/task/${process.pid}/children`, "utf8").catch(() => "");
    for (const pid of children.split(" ").filter(Boolean)) peak = Math.max(peak, await peakOf(Number(pid)));
  };
  const timer = setInterval(() => void look(), 500);
  try {
    return [await work(), peak];
  } finally {
    clearInterval(timer);
  }
}

/** User and system time stand side by side: proc(5). Fields are counted from the one after the command's name. */
async function ticks(pid: string, field: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[field]) + Number(fields[field + 1])) * 1000) / TICKS;
}
