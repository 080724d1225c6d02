#!/usr/bin/env node
import { isNodeNewEnough } from "@biped/listener/node-version";

if (isNodeNewEnough("biped-server")) await import("./main.ts");
