/** The people of the demo; nobody can log in as one of them. */
export interface DemoUser {
  readonly username: string;
  readonly displayName: string;
  readonly tenantId: string;
  readonly groups: readonly string[];
  readonly isAdmin: boolean;
  readonly joinedDaysAgo: number;
}

export const demoUsername = 'demo';

export const demoUsers: readonly DemoUser[] = [
  {
    username: demoUsername,
    displayName: 'Dana Demo',
    tenantId: 'default',
    groups: ['mobile'],
    isAdmin: false,
    joinedDaysAgo: 41,
  },
  {
    username: 'admin',
    displayName: 'Adam Reyes',
    tenantId: 'default',
    groups: ['platform', 'security'],
    isAdmin: true,
    joinedDaysAgo: 95,
  },
  {
    username: 'irina',
    displayName: 'Ирина Соколова',
    tenantId: 'default',
    groups: ['mobile', 'architecture'],
    isAdmin: false,
    joinedDaysAgo: 63,
  },
  {
    username: 'marco',
    displayName: 'Marco Rossi',
    tenantId: 'acme',
    groups: ['web'],
    isAdmin: false,
    joinedDaysAgo: 27,
  },
];
