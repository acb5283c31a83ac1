// Finds the documents with command lines, and the command lines in them.
// The language of a fence decides: sh and cron have command lines, console has transcripts in which `$ ` or `Alice> ` begins one.

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { projectFolder } from "./member.js";

export interface Document {
  readonly file: string;
  readonly text: string;
}

export interface Fence {
  readonly language: string;
  readonly text: string;
}

/** The README, and each document beside the code and the tests. */
export function documents(): readonly Document[] {
  const below = ["src", "test"].flatMap((folder) =>
    readdirSync(path.join(projectFolder, folder), { recursive: true, encoding: "utf8" }).map((file) =>
      path.join(folder, file),
    ),
  );
  return ["README.md", ...below.filter((file) => file.endsWith(".md")).sort()].map((file) => ({
    file,
    text: readFileSync(path.join(projectFolder, file), "utf8"),
  }));
}

export const fencesIn = (text: string): readonly Fence[] =>
  [...text.matchAll(/^ *```(\w*)\n([\s\S]*?)^ *```$/gm)].map(([, language = "", content = ""]) => ({
    language,
    text: content,
  }));

/** Text between single backticks, outside of fences. */
export const spansIn = (text: string): readonly string[] =>
  [...text.replace(/^ *```[\s\S]*?^ *```$/gm, "").matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span);

const prompt = /^(?:\$|\w+>) (.*)$/;
const times = /^(?:\S+ ){4}\S+\s+(.*)$/;
const comment = /\s+(?:#|<-) .*$/;

/** The command lines that a reader would type, without comments. */
export function commandLines({ language, text }: Fence): readonly string[] {
  const lines = text.split("\n").map((line) => line.replace(comment, "").trim());
  const typed = lines.filter((line) => line !== "" && !line.startsWith("#"));
  switch (language) {
    case "sh":
      return typed;
    case "cron":
      return typed.flatMap((line) => times.exec(line)?.[1] ?? []);
    case "console":
      return typed.flatMap((line) => prompt.exec(line)?.[1] ?? []);
    default:
      return [];
  }
}
