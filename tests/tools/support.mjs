// Which features of the mail on standard input the major mail programs do not support, by caniemail's tables: a line each.
import { doIUseEmail } from '@jsx-email/doiuse-email';
import { readFileSync } from 'node:fs';

const html = readFileSync(0, 'utf8');
const emailClients = ['gmail.*', 'outlook.*', 'yahoo.*', 'apple-mail.*'];
const { errors = [] } = doIUseEmail(html, { emailClients });
for (const line of errors) console.log(line);
