// Asks the server: JSON in, or an error that says what the server said.

export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || "the server answered " + status);
    this.status = status;
    this.problem = problem;
  }
}

export function withQuery(path, parameters) {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) {
    if (Array.isArray(value)) value.forEach((item) => search.append(key, item));
    else if (value !== undefined && value !== null && value !== "") search.set(key, value);
  }
  const text = search.toString();
  return text ? path + "?" + text : path;
}

export async function ask(path, parameters = {}, signal) {
  let answer;
  try {
    answer = await fetch(withQuery(path, parameters), { signal, headers: { accept: "application/json" } });
  } catch (cause) {
    if (cause.name === "AbortError") throw cause;
    throw new Error("the server cannot be reached");
  }
  if (answer.ok) return answer.json();
  let problem = {};
  try {
    problem = await answer.json();
  } catch {
    // An answer without a body that can be read still has its status.
  }
  throw new Refused(answer.status, problem);
}
